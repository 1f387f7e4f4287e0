import { setImmediate as nextRound } from 'node:timers/promises';
import { FairQueue, type WaitingJobs } from './fair-queue.js';

const NO_STEP = async (): Promise<void> => undefined;

/**
 * Shares the event loop between long jobs: one step per round of the loop, users in turn. However much is queued, everything else on the
 * loop waits for one step at most, and a user for one step of each other user.
 */
export class EventLoopQueue {
  readonly #steps: FairQueue;

  constructor(waiting: Partial<WaitingJobs> = {}) {
    this.#steps = new FairQueue({ running: 1, runningPerUser: 1, waitingPerUser: Infinity, jobs: 'steps', ...waiting });
  }

  /** Runs a step when it is the user's turn; it ends before the next one begins. RATE_LIMITED when too many of the user's steps wait. */
  async run<T>(user: string, step: () => Promise<T>): Promise<T> {
    return this.#steps.run(user, null, async () => {
      await nextRound();
      return step();
    });
  }

  /** Resolves when it is the user's turn, for work that goes on without awaiting anything. */
  async wait(user: string): Promise<void> {
    await this.run(user, NO_STEP);
  }
}
