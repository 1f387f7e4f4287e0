import { AppError } from '../errors.js';

export interface WaitingJobs {
  /** Jobs of one user that may wait. */
  waitingPerUser: number;
  /** What users call these jobs, for the message of a refusal. */
  jobs: string;
}

export interface FairQueueLimits extends WaitingJobs {
  /** Jobs that run at once, and of them those of one user. */
  running: number;
  runningPerUser: number;
  /** Jobs that run beyond that, of users who have none: one user with slow jobs does not keep all others waiting. */
  runningOfOthers?: number;
  /** A user with so many jobs that pause starts no new one. Any number by default. */
  pausedPerUser?: number;
}

interface Job {
  start: () => void;
}

interface UserJobs {
  waiting: Set<Job>;
  /** Jobs that wait for their turn after a pause; they go before new ones. */
  resuming: Set<Job>;
  running: number;
  /** Jobs that have given their turn away for a while. */
  paused: number;
}

/**
 * Runs a bounded number of jobs at once; the others wait. Users take turns, however many jobs each has: a new job waits for one
 * job of each other user at most, and not for all that a single user has queued.
 */
export class FairQueue {
  /** In the order of their turns. */
  readonly #users = new Map<string, UserJobs>();
  #running = 0;

  constructor(private readonly limits: FairQueueLimits) {}

  /** Jobs that run, of all users. */
  get running(): number {
    return this.#running;
  }

  /** Jobs that wait, of all users. */
  get waiting(): number {
    let waiting = 0;
    for (const jobs of this.#users.values()) waiting += jobs.waiting.size + jobs.resuming.size;
    return waiting;
  }

  /** Rejects with the signal's reason if it aborts while the job waits; RATE_LIMITED when too many jobs of the user wait already. */
  async run<T>(user: string, signal: AbortSignal | null, job: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const jobs = this.#jobsOf(user);
    if (this.#mayStartNew(jobs)) {
      this.#started(user, jobs);
    } else {
      this.#requireWaitingRoom(jobs);
      await this.#turn(user, jobs, jobs.waiting, signal);
    }
    try {
      return await job();
    } finally {
      this.#ended(user, jobs);
    }
  }

  /**
   * For a running job that can do nothing for a while: lets other jobs run until `pause` ends, and then waits for its turn again. Rejects
   * with the signal's reason if it aborts meanwhile.
   */
  async pause<T>(user: string, signal: AbortSignal, pause: () => Promise<T>): Promise<T> {
    const jobs = this.#jobsOf(user);
    jobs.paused += 1;
    this.#ended(user, jobs);
    let hasTurn = false;
    try {
      const result = await pause().finally(() => (jobs.paused -= 1));
      signal.throwIfAborted();
      if (!this.#mayStart(jobs)) {
        await this.#turn(user, jobs, jobs.resuming, signal);
        hasTurn = true;
      }
      return result;
    } finally {
      // A job that stops here takes its turn back, too: run() ends it.
      if (!hasTurn) this.#started(user, jobs);
      this.#startNext();
    }
  }

  #jobsOf(user: string): UserJobs {
    let jobs = this.#users.get(user);
    if (jobs === undefined) this.#users.set(user, (jobs = { waiting: new Set(), resuming: new Set(), running: 0, paused: 0 }));
    return jobs;
  }

  #mayStart(jobs: UserJobs): boolean {
    const { running, runningPerUser, runningOfOthers = 0 } = this.limits;
    if (jobs.running === 0) return this.#running < running + runningOfOthers;
    return this.#running < running && jobs.running < runningPerUser;
  }

  #mayStartNew(jobs: UserJobs): boolean {
    const { pausedPerUser = Number.POSITIVE_INFINITY } = this.limits;
    return this.#mayStart(jobs) && jobs.paused + jobs.resuming.size < pausedPerUser;
  }

  #requireWaitingRoom(jobs: UserJobs): void {
    if (jobs.waiting.size < this.limits.waitingPerUser) return;
    const message = `${jobs.waiting.size} ${this.limits.jobs} of yours wait already, as many as one user may have waiting; send this one again when some of them are answered.`;
    throw new AppError('RATE_LIMITED', message, { retryAfter: 1 });
  }

  async #turn(user: string, jobs: UserJobs, queue: Set<Job>, signal: AbortSignal | null): Promise<void> {
    const turn = Promise.withResolvers<void>();
    const job: Job = { start: turn.resolve };
    const leave = (): void => {
      if (queue.delete(job)) turn.reject(signal?.reason as Error);
      this.#forget(user, jobs);
    };
    queue.add(job);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  #started(user: string, jobs: UserJobs): void {
    this.#running += 1;
    jobs.running += 1;
    this.#moveBehindOthers(user, jobs);
  }

  #ended(user: string, jobs: UserJobs): void {
    this.#running -= 1;
    jobs.running -= 1;
    this.#moveBehindOthers(user, jobs);
    this.#forget(user, jobs);
    this.#startNext();
  }

  #moveBehindOthers(user: string, jobs: UserJobs): void {
    this.#users.delete(user);
    this.#users.set(user, jobs);
  }

  #startNext(): void {
    for (const [user, jobs] of this.#users) {
      if (!this.#mayStart(jobs)) continue;
      const queue = jobs.resuming.size > 0 || !this.#mayStartNew(jobs) ? jobs.resuming : jobs.waiting;
      const [job] = queue;
      if (job === undefined) continue;
      queue.delete(job);
      this.#started(user, jobs);
      job.start();
      return;
    }
  }

  /** A user without jobs takes no memory. */
  #forget(user: string, jobs: UserJobs): void {
    if (jobs.running + jobs.paused + jobs.waiting.size + jobs.resuming.size === 0) this.#users.delete(user);
  }
}
