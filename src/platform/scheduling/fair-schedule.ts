import { EventLoopYielder } from './event-loop-yielder.js';

/** Work of a user that waits for its turn. */
export interface Job {
  readonly user: string;
  /** Since when it waits for a paid turn, by `performance.now()`. */
  readonly waitingSince: number;
  /** Does the work of one turn; never rejects. A free turn may only do work that costs nothing. */
  run(isFree: boolean): Promise<void>;
  /** Called instead of a turn when the user's empty budget kept the job waiting for too long. */
  giveUp(retryAfterMs: number): void;
}

/** The budgets of users. */
export interface Budget {
  /** The ms until that user may spend anything again; 0: now. */
  waitMs(user: string): number;
  /** Charges a cost to the user. */
  charge(user: string, cost: number): void;
}

const UNLIMITED: Budget = { waitMs: () => 0, charge: () => undefined };

/** Concurrent turns, as most of them wait for the database. */
const MOST_AT_ONCE = 16;
const MOST_OF_ONE_USER = 4;
/** The longest wait of a job for budget. */
const LONGEST_DELAY_MS = 30_000;

/** The jobs of one user; a running job is in no queue. */
interface UserQueue {
  readonly paid: Set<Job>;
  readonly free: Set<Job>;
  running: number;
  /** Set while the budget is empty: then the user gets only free turns. */
  timer: NodeJS.Timeout | null;
}

/**
 * Schedules the jobs of many users round-robin, by user and then by job; paid turns need budget. Yields to the event loop after 10 ms of
 * work, however many jobs wait.
 */
export class FairSchedule {
  readonly #users = new Map<string, UserQueue>();
  /** Users who may have a job to start, in the order of their turns. */
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

  /** Queues a job, unless it waits already. */
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

  /** Takes the next job, and moves its user behind the others. */
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

  /** Free turns come first: they check the permissions of a stream. */
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
