import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Checkpoints } from '../platform/checkpoints.js';

const MOST_ROWS = 512;
const FEWEST_ROWS = 1;
const FIRST_ROWS = 8;
const QUICK_MS = 6;
const SLOW_MS = 14;
/** How much longer than its processor time a step may take before that counts as its own slowness. */
const WAITING = 2;

/**
 * How many rows one step may touch so that none holds the database long: rows can be 1 kB or 1 MiB, and only the clock
 * tells. A thread that waits for a processor is not made quicker by fewer rows, so that is the clock of its processor time
 * first, and of the wall for what a database elsewhere or a disk takes. Between two steps everybody else has a turn.
 */
export class Pace {
  #rows = FIRST_ROWS;

  /** With `checkpoints` for steps that write. */
  constructor(private readonly checkpoints: Pick<Checkpoints, 'step'> | null = null) {}

  get rows(): number {
    return this.#rows;
  }

  async step<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const cpu = process.threadCpuUsage();
    const result = await work();
    const { user, system } = process.threadCpuUsage(cpu);
    const elapsed = Math.max((user + system) / 1000, (performance.now() - began) / WAITING);
    if (elapsed < QUICK_MS) this.#rows = Math.min(MOST_ROWS, this.#rows * 2);
    else if (elapsed > SLOW_MS) this.#rows = Math.max(FEWEST_ROWS, Math.floor(this.#rows / 2));
    await this.checkpoints?.step();
    await nextTurn();
    return result;
  }
}
