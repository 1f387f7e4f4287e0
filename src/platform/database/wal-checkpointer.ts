import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** WAL pages at which SQLite itself checkpoints within a write, if the thread lags that far behind. */
export const PAGES_AT_MOST = 32_000;
/** A process that has run fewer statements than this starts no thread. */
const FEWEST_STATEMENTS = 200;
/** The delay after a statement, so that several writes share one checkpoint. */
const PAUSE_MS = 100;
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './wal-checkpoint-thread.ts' : './wal-checkpoint-thread.js', import.meta.url);
const MEMORY = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/**
 * Checkpoints SQLite's write-ahead log on a worker thread: a checkpoint waits for the disk, 10 to 20 ms every fifty transactions, which
 * would block the event loop. Without the thread, SQLite checkpoints within a write.
 */
export class WalCheckpointer {
  #statements = 0;
  #thread: Worker | null = null;
  #pause: NodeJS.Timeout | null = null;
  #isCopying = false;

  constructor(private readonly file: { path: string; busyTimeoutMs: number }) {}

  /** Called after each statement on a connection that may write. */
  ran(): void {
    this.#statements += 1;
    if (this.#pause !== null || this.#isCopying || this.#statements < FEWEST_STATEMENTS) return;
    this.#pause = setTimeout(() => this.#copy(), PAUSE_MS).unref();
  }

  /** Stops the thread; await it before the file is closed. */
  async close(): Promise<void> {
    this.#statements = Number.NEGATIVE_INFINITY;
    if (this.#pause !== null) clearTimeout(this.#pause);
    if (this.#thread === null) return;
    const ended = once(this.#thread, 'exit');
    this.#thread.postMessage(false);
    await ended;
  }

  #copy(): void {
    this.#pause = null;
    this.#isCopying = true;
    this.#thread ??= this.#start();
    this.#thread.postMessage(true);
  }

  #start(): Worker {
    // execArgv: the flags of a test runner or debugger are not for this thread.
    const thread = new Worker(THREAD, { execArgv: [], resourceLimits: MEMORY, workerData: this.file });
    thread.unref();
    thread.on('message', () => (this.#isCopying = false));
    // The thread has failed and is not started again: SQLite checkpoints within writes.
    thread.on('error', () => undefined);
    thread.on('exit', () => (this.#thread = null));
    return thread;
  }
}
