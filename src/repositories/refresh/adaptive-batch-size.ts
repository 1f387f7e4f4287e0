import { setImmediate as nextTurn } from 'node:timers/promises';

const MIN_ROWS = 1;
/** How much longer than its processor time a step may take before that counts as its own slowness. */
const MAX_WAIT_FACTOR = 2;

export interface BatchSizeLimits {
  /** How many to begin with: a power of two. */
  firstRows: number;
  /** A power of two, as the steps are. */
  mostRows: number;
  /** A step that took less is doubled, one that took more than `slowMs` is halved. */
  quickMs: number;
  slowMs: number;
}

/** For steps on the thread that answers requests. */
const EVENT_LOOP_BATCHES: BatchSizeLimits = { firstRows: 8, mostRows: 512, quickMs: 6, slowMs: 14 };

/**
 * How many rows one step may touch so that none holds the database long: rows can be 1 kB or 1 MiB, and only the clock
 * tells. A thread that waits for a processor is not made quicker by fewer rows, so that is the clock of its processor time
 * first, and of the wall for what a database elsewhere or a disk takes.
 */
export class AdaptiveBatchSize {
  #rows: number;

  constructor(private readonly limits: BatchSizeLimits = EVENT_LOOP_BATCHES) {
    this.#rows = limits.firstRows;
  }

  get rows(): number {
    return this.#rows;
  }

  adjust({ ms, cpuMs }: { ms: number; cpuMs: number }): void {
    const elapsed = Math.max(cpuMs, ms / MAX_WAIT_FACTOR);
    if (elapsed < this.limits.quickMs) this.#rows = Math.min(this.limits.mostRows, this.#rows * 2);
    else if (elapsed > this.limits.slowMs) this.#rows = Math.max(MIN_ROWS, Math.floor(this.#rows / 2));
  }

  /** A step on this thread; then everybody else has a turn. */
  async runBatch<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const cpu = process.threadCpuUsage();
    const result = await work();
    const { user, system } = process.threadCpuUsage(cpu);
    this.adjust({ ms: performance.now() - began, cpuMs: (user + system) / 1000 });
    await nextTurn();
    return result;
  }
}
