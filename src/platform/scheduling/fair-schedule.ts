import { EventLoopYielder } from './event-loop-yielder.js';

/** Work that waits for its turn, on the account of a user. */
export interface Job {
  readonly user: string;
  /** When it began to wait for a turn that costs, by `performance.now()`. */
  readonly waitingSince: number;
  /** Does the work and resolves when it is done; never rejects. A turn that is free may only do what costs nothing. */
  run(isFree: boolean): Promise<void>;
  /** Called in place of a turn, when the budget of its user kept it waiting for too long. */
  giveUp(retryAfterMs: number): void;
}

/** What users may spend. */
export interface Budget {
  /** The ms until that user may spend anything again; 0: now. */
  waitMs(user: string): number;
  /** Spends what has been used. */
  charge(user: string, cost: number): void;
}

const UNLIMITED: Budget = { waitMs: () => 0, charge: () => undefined };

/** Turns that are in progress together, as most of them wait for the database now and then. */
const MOST_AT_ONCE = 16;
const MOST_OF_ONE_USER = 4;
/** How long an empty budget may keep a job waiting. */
const LONGEST_DELAY_MS = 30_000;

/** The jobs of one user; none is in progress and in a queue at the same time. */
interface UserQueue {
  readonly paid: Set<Job>;
  readonly free: Set<Job>;
  running: number;
  /** While its budget is empty; only free turns are given. */
  timer: NodeJS.Timeout | null;
}

/**
 * Gives turns to the jobs of many users: users take turns with each other, and so do the jobs of one user, who has to have
 * some budget left. After 10 ms of work in a row the event loop serves everything else first, however many jobs wait.
 */
export class FairSchedule {
  readonly #users = new Map<string, UserQueue>();
  /** Users who may have a job that can start, in the order in which they get their turns. */
  readonly #turns = new Set<string>();
  #budget = UNLIMITED;
  #running = 0;
  readonly #yielder = new EventLoopYielder();

  useBudget(budget: Budget): void {
    this.#budget = budget;
  }

  charge(user: string, cost: number): void {
    this.#budget.charge(user, cost);
  }

  /** The ms for which an empty budget makes that user wait; 0 when it does not. */
  delayOf(user: string): number {
    return this.#budget.waitMs(user);
  }

  /** Asks for a turn; a job that waits already keeps its place. */
  add(job: Job, isFree: boolean): void {
    if (this.#users.size === 0) this.#yielder.restart();
    let queue = this.#users.get(job.user);
    if (queue === undefined) this.#users.set(job.user, (queue = { paid: new Set(), free: new Set(), running: 0, timer: null }));
    (isFree ? queue.free : queue.paid).add(job);
    this.#turns.add(job.user);
    this.#start();
  }

  remove(job: Job): void {
    const queue = this.#users.get(job.user);
    queue?.paid.delete(job);
    queue?.free.delete(job);
    this.#forget(job.user);
  }

  #start(): void {
    while (this.#running < MOST_AT_ONCE && !this.#yielder.isYielding) {
      const turn = this.#next();
      if (turn === null) return;
      void this.#run(turn.job, turn.isFree);
    }
  }

  async #run(job: Job, isFree: boolean): Promise<void> {
    const queue = this.#users.get(job.user);
    if (queue === undefined) return;
    this.#running += 1;
    queue.running += 1;
    await job.run(isFree);
    this.#running -= 1;
    queue.running -= 1;
    this.#turns.add(job.user);
    this.#forget(job.user);
    await this.#yielder.yieldIfDue();
    this.#start();
  }

  /** The job whose turn it is; its user is the last to get another one. */
  #next(): { job: Job; isFree: boolean } | null {
    for (const user of this.#turns) {
      this.#turns.delete(user);
      const queue = this.#users.get(user);
      if (queue === undefined || queue.running >= MOST_OF_ONE_USER) continue;
      const turn = this.#nextOf(user, queue);
      if (turn === null) continue;
      queue.paid.delete(turn.job);
      queue.free.delete(turn.job);
      this.#turns.add(user);
      return turn;
    }
    return null;
  }

  /** Free turns come first: they look whether a stream may go on. */
  #nextOf(user: string, queue: UserQueue): { job: Job; isFree: boolean } | null {
    const [free] = queue.free;
    const [paid] = queue.paid;
    const job = free ?? paid;
    if (job === undefined) return null;
    if (queue.timer === null && queue.paid.has(job)) {
      const wait = this.#budget.waitMs(user);
      if (wait === 0) return { job, isFree: false };
      this.#delay(user, queue, wait);
    }
    return queue.free.has(job) ? { job, isFree: true } : null;
  }

  #delay(user: string, queue: UserQueue, waitMs: number): void {
    queue.timer = setTimeout(() => {
      queue.timer = null;
      this.#turns.add(user);
      this.#start();
    }, Math.ceil(waitMs)).unref();
    const oldest = performance.now() + waitMs - LONGEST_DELAY_MS;
    for (const job of [...queue.paid]) if (job.waitingSince < oldest) job.giveUp(waitMs);
  }

  /** A user without jobs takes no memory. */
  #forget(user: string): void {
    const queue = this.#users.get(user);
    if (queue === undefined || queue.running > 0 || queue.paid.size > 0 || queue.free.size > 0) return;
    if (queue.timer !== null) clearTimeout(queue.timer);
    this.#users.delete(user);
    this.#turns.delete(user);
  }
}
