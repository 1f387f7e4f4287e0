import { setImmediate as nextTurn } from 'node:timers/promises';

export const MOST_ROWS = 200;
const FEWEST_ROWS = 1;
const FIRST_ROWS = 4;
const QUICK_MS = 5;
const SLOW_MS = 15;

/**
 * How many rows one step may touch so that none holds the database long: rows can be 1 kB or 1 MiB, and only the clock
 * tells. Between two steps everybody else has a turn.
 */
export class Pace {
  #rows = FIRST_ROWS;

  get rows(): number {
    return this.#rows;
  }

  async step<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    const elapsed = performance.now() - began;
    if (elapsed < QUICK_MS) this.#rows = Math.min(MOST_ROWS, this.#rows * 2);
    else if (elapsed > SLOW_MS) this.#rows = Math.max(FEWEST_ROWS, Math.floor(this.#rows / 2));
    await nextTurn();
    return result;
  }
}
