import { AppError } from '../errors.js';

export interface FairQueueLimits {
  /** Jobs that run at once, and of them those of one user. */
  running: number;
  runningPerUser: number;
  /** Jobs of one user that wait. */
  waitingPerUser: number;
}

interface Job {
  start: () => void;
}

interface Turns {
  waiting: Set<Job>;
  running: number;
}

/**
 * Runs so many jobs at once; the others wait. Users take turns, however many jobs each has: whoever asks for one waits for the
 * next job of everybody else at most, and not for all that a single user has queued.
 */
export class FairQueue {
  /** In the order in which users have their turn. */
  readonly #users = new Map<string, Turns>();
  #running = 0;

  constructor(private readonly limits: FairQueueLimits) {}

  /** Jobs that run, of all users. */
  get running(): number {
    return this.#running;
  }

  /** Jobs that wait, of all users. */
  get waiting(): number {
    let waiting = 0;
    for (const turns of this.#users.values()) waiting += turns.waiting.size;
    return waiting;
  }

  /** Rejects with the signal's reason if it aborts while the job waits; RATE_LIMITED when too many jobs of the user wait already. */
  async run<T>(user: string, signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const turns = this.#turnsOf(user);
    if (this.#mayStart(turns)) this.#started(user, turns);
    else await this.#turn(user, turns, signal);
    try {
      return await job();
    } finally {
      this.#ended(user, turns);
    }
  }

  #turnsOf(user: string): Turns {
    let turns = this.#users.get(user);
    if (turns === undefined) this.#users.set(user, (turns = { waiting: new Set(), running: 0 }));
    return turns;
  }

  #mayStart(turns: Turns): boolean {
    return this.#running < this.limits.running && turns.running < this.limits.runningPerUser;
  }

  async #turn(user: string, turns: Turns, signal: AbortSignal): Promise<void> {
    if (turns.waiting.size >= this.limits.waitingPerUser) {
      const message = `${turns.waiting.size} searches, counts and filtered lists of yours wait already, as many as one user may have waiting; go on when some of them are answered.`;
      throw new AppError('RATE_LIMITED', message, { retryAfter: 1 });
    }
    const turn = Promise.withResolvers<void>();
    const job: Job = { start: turn.resolve };
    const leave = (): void => {
      if (turns.waiting.delete(job)) turn.reject(signal.reason as Error);
      this.#forget(user, turns);
    };
    turns.waiting.add(job);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #started(user: string, turns: Turns): void {
    this.#running += 1;
    turns.running += 1;
    // Behind all others, for whom it is their turn now.
    this.#users.delete(user);
    this.#users.set(user, turns);
  }

  #ended(user: string, turns: Turns): void {
    this.#running -= 1;
    turns.running -= 1;
    this.#forget(user, turns);
    this.#startNext();
  }

  #startNext(): void {
    for (const [user, turns] of this.#users) {
      const [job] = turns.waiting;
      if (job === undefined || !this.#mayStart(turns)) continue;
      turns.waiting.delete(job);
      this.#started(user, turns);
      job.start();
      return;
    }
  }

  #forget(user: string, turns: Turns): void {
    if (turns.running === 0 && turns.waiting.size === 0) this.#users.delete(user);
  }
}
