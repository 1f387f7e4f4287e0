import { FairQueue } from '../../platform/scheduling/fair-queue.js';

/** Tasks that run at once, by lane: slow downloads hold up neither short changes of images nor loads of repositories. */
export interface LaneLimits {
  downloads: number;
  changes: number;
  repositories: number;
}
export type Lane = keyof LaneLimits;

export const DEFAULT_LANES: LaneLimits = { downloads: 4, changes: 8, repositories: 16 };

/** The queues of tasks: one for each lane, in which users take turns. */
export class TaskLanes {
  readonly #queues: Record<Lane, FairQueue>;

  constructor(limits: LaneLimits = DEFAULT_LANES) {
    this.#queues = { downloads: queueOf(limits.downloads), changes: queueOf(limits.changes), repositories: queueOf(limits.repositories) };
  }

  /** Runs the work in its turn. Rejects with the signal's reason if it aborts before. */
  async run<T>(lane: Lane, userId: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#queues[lane].run(String(userId), signal, work);
  }

  /** Lets other tasks of the lane run until `wait` ends, and resolves when it is the turn of this one again. */
  async pause(lane: Lane, userId: number, signal: AbortSignal, wait: () => Promise<void>): Promise<void> {
    await this.#queues[lane].pause(String(userId), signal, wait);
  }
}

function queueOf(running: number): FairQueue {
  // Tasks are rows of the database, so that any number may wait; mutations that record them have limits of their own.
  // A paused task keeps its memory and threads: one user has a bounded number of them.
  return new FairQueue({ running, runningPerUser: running, runningOfOthers: 1, pausedPerUser: 2 * running, waitingPerUser: Number.POSITIVE_INFINITY, jobs: 'tasks' });
}
