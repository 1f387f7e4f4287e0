import { AppError } from '../../platform/errors.js';
import type { FairSchedule, Job } from '../../platform/scheduling/fair-schedule.js';
import type { Change, Followed, RightsChange } from './change.js';
import type { ChangeLog } from './change-log.js';

/** The cost of a change that the viewer may not see: signing in again and reading the object. */
const LOOK_COST = 20;

/** The user who follows changes, and the cost of each change that is sent. */
export interface Following {
  user: string;
  cost: number;
  /** False for changes that this listener skips. */
  isWanted(change: Change): boolean;
}

/** Events were lost: the subscriber must read the present state and subscribe again. */
function slowReader(): AppError {
  return new AppError('SLOW_READER', 'Some events were lost on the way, as they came faster than they were read or a connection broke; read the present state and subscribe again.');
}

function outOfBudget(retryAfterMs: number): AppError {
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const message = `Your streams cost more than you may spend, so events came too late; read the present state and subscribe again in ${retryAfter} s, to fewer streams or smaller ones.`;
  return new AppError('RATE_LIMITED', message, { retryAfter });
}

const RIGHTS: RightsChange = { type: 'rights' };

/**
 * The wanted changes of one type, from its creation on. Each is delivered when it is the user's turn; calling `next()` says that the
 * work for the last one is done. Throws SLOW_READER once changes were lost, and RATE_LIMITED if a lack of budget was the cause.
 */
export class ChangeListener implements AsyncIterableIterator<Change>, Job {
  waitingSince = 0;
  #seen: number;
  #isBehind = false;
  #isReminded = false;
  #failure: AppError | null = null;
  #ended = false;
  #consumer: PromiseWithResolvers<IteratorResult<Change>> | null = null;
  #endTurn: (() => void) | null = null;

  constructor(
    private readonly log: ChangeLog,
    private readonly schedule: FairSchedule,
    private readonly following: Following,
    private readonly onEnd: (listener: ChangeListener) => void,
  ) {
    this.#seen = log.last;
  }

  get user(): string {
    return this.following.user;
  }

  /** A change was added to the log. */
  notice(change: Followed): void {
    if (this.#isBehind) {
      if (this.log.hasLost(this.#seen)) this.#overrun();
      return;
    }
    if (!this.following.isWanted(change)) {
      this.#seen = this.log.last;
      return;
    }
    this.#isBehind = true;
    this.waitingSince = performance.now();
    this.#askForTurn();
  }

  /** Makes it check its permissions again; this is free, so it never waits for budget. */
  remind(): void {
    this.#isReminded = true;
    this.#askForTurn();
  }

  /** Ends it with SLOW_READER. */
  lose(): void {
    this.#fail(slowReader());
  }

  giveUp(retryAfterMs: number): void {
    this.#fail(outOfBudget(retryAfterMs));
  }

  /** Charges the cost of the last change, which depends on whether it was sent. */
  charge(isTold: boolean): void {
    this.schedule.charge(this.user, isTold ? this.following.cost : Math.min(LOOK_COST, this.following.cost));
  }

  run(isFree: boolean): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === null) return Promise.resolve();
    const change = isFree ? null : this.#take();
    if (change === null && !this.#isReminded) return Promise.resolve();
    this.#consumer = null;
    this.#isReminded = false;
    const turn = Promise.withResolvers<void>();
    this.#endTurn = turn.resolve;
    consumer.resolve({ done: false, value: change ?? RIGHTS });
    return turn.promise;
  }

  async next(): Promise<IteratorResult<Change>> {
    this.#finishTurn();
    if (this.#failure !== null) {
      const failure = this.#failure;
      this.#failure = null;
      throw failure;
    }
    if (this.#ended) return { done: true, value: undefined };
    this.#consumer = Promise.withResolvers();
    const { promise } = this.#consumer;
    this.#askForTurn();
    return promise;
  }

  async return(): Promise<IteratorResult<Change>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Only while a consumer waits: the listener works on one change at a time. */
  #askForTurn(): void {
    if (this.#consumer !== null && this.#isBehind) this.schedule.add(this, false);
    // The first call may have given the turn at once, which checks permissions as well.
    if (this.#consumer !== null && this.#isReminded) this.schedule.add(this, true);
  }

  /** The next wanted change; null when there is none. */
  #take(): Followed | null {
    for (let next = this.log.after(this.#seen); next !== undefined; next = this.log.after(this.#seen)) {
      this.#seen = next.sequence;
      if (!this.following.isWanted(next.change)) continue;
      this.waitingSince = performance.now();
      this.#isBehind = this.#seen < this.log.last;
      return next.change;
    }
    this.#isBehind = false;
    return null;
  }

  #overrun(): void {
    const delay = this.schedule.delayOf(this.user);
    this.#fail(delay > 0 ? outOfBudget(delay) : slowReader());
  }

  #fail(error: AppError): void {
    if (this.#ended) return;
    if (this.#consumer === null) this.#failure = error;
    else this.#consumer.reject(error);
    this.#consumer = null;
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.schedule.remove(this);
    this.onEnd(this);
    this.#consumer?.resolve({ done: true, value: undefined });
    this.#consumer = null;
    this.#finishTurn();
  }

  #finishTurn(): void {
    this.#endTurn?.();
    this.#endTurn = null;
  }
}
