import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

const MIN_ROWS = 1;
/** Wall time beyond this multiple of the processor time makes a batch count as slow. */
const MAX_WAIT_FACTOR = 2;

export interface BatchSizeLimits {
  /** A power of two, as every size is. */
  firstRows: number;
  /** A power of two. */
  mostRows: number;
  /** A batch that takes less doubles the size of the next one. */
  quickMs: number;
  /** A batch that takes more halves it. */
  slowMs: number;
}

/** For batches on the thread that answers requests. */
const EVENT_LOOP_BATCHES: BatchSizeLimits = { firstRows: 8, mostRows: 512, quickMs: 6, slowMs: 14 };

/**
 * Sizes batches by how long they take, so that none holds the database for long: a row has 1 kB or 1 MiB. Processor time
 * counts in full, as fewer rows do not help a thread that waits for a processor; wall time counts half, for a slow disk or
 * a remote database.
 */
export class AdaptiveBatchSize {
  #rows: number;

  constructor(private readonly limits: BatchSizeLimits = EVENT_LOOP_BATCHES) {
    this.#rows = limits.firstRows;
  }

  /** Rows of the next batch. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes the times of a finished batch into account. */
  adjust({ ms, cpuMs }: { ms: number; cpuMs: number }): void {
    const elapsed = Math.max(cpuMs, ms / MAX_WAIT_FACTOR);
    if (elapsed < this.limits.quickMs) this.#rows = Math.min(this.limits.mostRows, this.#rows * 2);
    else if (elapsed > this.limits.slowMs) this.#rows = Math.max(MIN_ROWS, Math.floor(this.#rows / 2));
  }

  /** Runs a batch on this thread, measures it, and yields to the event loop. */
  async runBatch<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const cpu = process.threadCpuUsage();
    const result = await work();
    const { user, system } = process.threadCpuUsage(cpu);
    this.adjust({ ms: performance.now() - began, cpuMs: (user + system) / 1000 });
    await yieldToEventLoop();
    return result;
  }
}
