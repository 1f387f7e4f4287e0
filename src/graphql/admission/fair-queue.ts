import { AppError } from '../../platform/errors.js';

/** More would only hold memory: whoever waits longer than a budget lasts is refused by the budget. */
const MAX_WAITING = 10_000;

/**
 * Lets work that holds the event loop begin one piece at a time: users take turns, and between two pieces the event loop serves
 * everything else. So a user who sends much waits for itself, and another for one piece of it at most.
 */
export class FairQueue {
  /** What waits, by user, in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isScheduled = false;

  /** Resolves when it is that user's turn. RATE_LIMITED when too much of the user waits already. */
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
      this.#begin();
      this.#schedule();
    });
  }

  #begin(): void {
    for (const [username, queue] of this.#waiting) {
      const begin = queue.shift();
      this.#waiting.delete(username);
      // Behind all others.
      if (queue.length > 0) this.#waiting.set(username, queue);
      begin?.();
      return;
    }
  }
}
