import { AppError } from '../../platform/errors.js';

/** Operations of one user that may wait: more would only take memory, as the budget refuses them afterwards. */
const MAX_WAITING = 10_000;

/**
 * A round-robin queue over users for work that blocks the event loop: starts one operation at a time and yields to the event loop
 * in between. A user who sends many operations delays its own; everybody else waits for one of them at most.
 */
export class FairQueue {
  /** Waiting operations by user; users in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isScheduled = false;

  /** Resolves when it is the user's turn. Throws RATE_LIMITED when too many of the user's operations wait already. */
  async wait(username: string): Promise<void> {
    const queue = this.#waiting.get(username) ?? [];
    if (queue.length >= MAX_WAITING) {
      throw new AppError('RATE_LIMITED', `${queue.length} operations of yours wait for their turn already; at most ${MAX_WAITING} do. Send this one again in 1 s.`, { retryAfter: 1 });
    }
    return new Promise((resolve) => {
      queue.push(resolve);
      this.#waiting.set(username, queue);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#startNext();
      this.#schedule();
    });
  }

  #startNext(): void {
    for (const [username, queue] of this.#waiting) {
      const start = queue.shift();
      this.#waiting.delete(username);
      // Deleted and set again: the user moves behind all others.
      if (queue.length > 0) this.#waiting.set(username, queue);
      start?.();
      return;
    }
  }
}
