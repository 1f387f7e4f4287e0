import { AppError } from '../../platform/errors.js';
import type { FairSchedule, Job } from '../../platform/scheduling/fair-schedule.js';
import type { Followed } from './change.js';
import { type ChangeLog, subjectOf } from './change-log.js';
import type { ChangeSource } from './change-source.js';
import { LogReader } from './log-reader.js';

/** The cost of a change that the viewer may not see: signing in again and reading the object. */
const LOOK_COST = 20;

/** The user who follows changes, and the cost of each change that is sent. */
export interface Following {
  user: string;
  cost: number;
  /** False for changes that this listener skips. */
  isWanted(change: Followed): boolean;
}

/** What listeners of one type share. */
export interface Shared {
  log: ChangeLog;
  schedule: FairSchedule;
  /** The present time, by the clock that changes are stamped with. */
  now(): number;
  /** Reads the changes since that time again; null when they are no longer recorded. */
  missedSince(at: number): ChangeSource | null;
}

/** The work of one turn: the unread changes of one row, or a source to read more from; neither when only permissions are to be checked. */
export interface Turn {
  changes: readonly Followed[];
  source: ChangeSource | null;
}

/** Only permissions are to be checked. */
const CHECK: Turn = { changes: [], source: null };

/** Events were lost for good: the subscriber must read the present state and subscribe again. */
export function slowReader(why: string): AppError {
  return new AppError('SLOW_READER', `${why}; read the present state and subscribe again.`);
}

function outOfBudget(retryAfterMs: number): AppError {
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const message = `Your streams cost more than you may spend, so events came too late; read the present state and subscribe again in ${retryAfter} s, to fewer streams or smaller ones.`;
  return new AppError('RATE_LIMITED', message, { retryAfter });
}

/**
 * The wanted changes of one type, from its creation on, row by row. Each is delivered when it is the user's turn; calling `next()` says that
 * the work for the last one is done. One that falls behind by more than the log holds reads what it missed from the record of changes, so it
 * never holds a queue of its own beyond one page. Throws RATE_LIMITED when a lack of budget made it wait too long, and SLOW_READER
 * when what it missed is no longer recorded.
 */
export class ChangeListener implements AsyncIterableIterator<Turn>, Job {
  waitingSince = 0;
  #reader: LogReader;
  /** When the last change was made of those that it has read. */
  #readAt: number;
  #isBehind = false;
  #isReminded = false;
  #pages: (readonly Followed[])[] = [];
  #sources: ChangeSource[] = [];
  #turn = CHECK;
  #failure: AppError | null = null;
  #ended = false;
  #consumer: PromiseWithResolvers<IteratorResult<Turn>> | null = null;
  #endTurn: (() => void) | null = null;

  constructor(
    private readonly shared: Shared,
    private readonly following: Following,
    private readonly onEnd: (listener: ChangeListener) => void,
  ) {
    this.#reader = new LogReader(shared.log);
    this.#readAt = shared.now();
  }

  get user(): string {
    return this.following.user;
  }

  /** The cost of an event that is sent. */
  get cost(): number {
    return this.following.cost;
  }

  /** Whether nothing waits to be delivered. */
  get isIdle(): boolean {
    return !this.#isBehind && this.#pages.length === 0 && this.#sources.length === 0;
  }

  /** A change was added to the log. */
  notice(change: Followed): void {
    if (this.#isBehind) {
      if (this.#reader.hasLost) this.#overrun();
      return;
    }
    if (!this.following.isWanted(change)) {
      this.#reader.skip();
      this.#readAt = change.at ?? this.#readAt;
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

  /** Ends it with SLOW_READER: what it missed cannot be read again. */
  lose(): void {
    this.#fail(slowReader('Some events were lost on the way, as the database was away for too long'));
  }

  giveUp(retryAfterMs: number): void {
    this.#fail(outOfBudget(retryAfterMs));
  }

  /** Has it deliver further changes, before newer ones. */
  add(source: ChangeSource): void {
    if (this.isIdle) this.waitingSince = performance.now();
    this.#sources.push(source);
    this.#askForTurn();
  }

  /** Takes a page of a source, as the work of a turn that `next()` returned; null removes the source. */
  fill(source: ChangeSource, page: readonly Followed[] | null): void {
    if (page === null) this.#sources = this.#sources.filter((one) => one !== source);
    else this.#pages.push(...Map.groupBy(page.filter((change) => this.following.isWanted(change)), subjectOf).values());
  }

  /** Delivers the work of the last turn once more: it could not be done for now. */
  again(): void {
    const { changes } = this.#turn;
    if (changes.length > 0) this.#pages.unshift(changes);
    this.#turn = CHECK;
    this.#isReminded = true;
  }

  /** Another listener that goes on from here, and first repeats the work of the last turn. */
  fork(following: Following, onEnd: (listener: ChangeListener) => void): ChangeListener {
    const fork = new ChangeListener(this.shared, following, onEnd);
    fork.#reader = this.#reader.fork();
    fork.#readAt = this.#readAt;
    fork.#isBehind = this.#isBehind;
    fork.#pages = [...this.#pages];
    fork.#sources = this.#sources.map((source) => source.fork());
    fork.#turn = this.#turn;
    fork.waitingSince = performance.now();
    fork.again();
    return fork;
  }

  /** Charges the cost of the last change, which depends on whether it was sent. */
  charge(isTold: boolean): void {
    this.shared.schedule.charge(this.user, isTold ? this.following.cost : Math.min(LOOK_COST, this.following.cost));
  }

  run(isFree: boolean): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === null) return Promise.resolve();
    const turn = isFree ? null : this.#take();
    if (turn === null && !this.#isReminded) return Promise.resolve();
    this.#consumer = null;
    this.#isReminded = false;
    const work = Promise.withResolvers<void>();
    this.#endTurn = work.resolve;
    this.#turn = turn ?? CHECK;
    consumer.resolve({ done: false, value: this.#turn });
    return work.promise;
  }

  async next(): Promise<IteratorResult<Turn>> {
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

  async return(): Promise<IteratorResult<Turn>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Only while a consumer waits: the listener works on one row at a time. */
  #askForTurn(): void {
    if (this.#consumer !== null && !this.isIdle) this.shared.schedule.add(this, false);
    // The first call may have given the turn at once, which checks permissions as well.
    if (this.#consumer !== null && this.#isReminded) this.shared.schedule.add(this, true);
  }

  /** The next work; null when there is none. */
  #take(): Turn | null {
    const changes = this.#pages.shift();
    if (changes !== undefined) return this.#due({ changes, source: null });
    const [source] = this.#sources;
    if (source !== undefined) return this.#due({ changes: [], source });
    for (let unread = this.#reader.next(); unread !== null; unread = this.#reader.next()) {
      this.#readAt = unread.at(-1)?.at ?? this.#readAt;
      this.#isBehind = !this.#reader.isAtEnd;
      const wanted = unread.filter((change) => this.following.isWanted(change));
      if (wanted.length > 0) return this.#due({ changes: wanted, source: null });
    }
    this.#isBehind = false;
    return null;
  }

  #due(turn: Turn): Turn {
    this.waitingSince = performance.now();
    return turn;
  }

  /** Reads what the log has lost from the record of changes, and goes on from here. */
  #overrun(): void {
    const missed = this.shared.missedSince(this.#readAt);
    if (missed === null) {
      this.#fail(slowReader('This stream was behind for too long, so some of its events are no longer there'));
      return;
    }
    // Behind again before the last reading has begun: that one will read these changes as well.
    if (!this.#sources.some((source) => source.covers(missed))) this.#sources.push(missed);
    this.#reader.skip();
    this.#readAt = this.shared.now();
    this.#isBehind = false;
    this.#askForTurn();
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
    this.shared.schedule.remove(this);
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
