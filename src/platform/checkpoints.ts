import { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import { type Database, isSqlite, statements } from './database.js';

/** Small transactions after which the log of an SQLite file is copied into it: some twenty MiB. The next write then waits for the disk once, so not too often. */
const STEPS_BETWEEN = 16;
/** Pages of the log at which SQLite copies it by itself, while it is kept short from here and otherwise. */
const PAGES = { meanwhile: 16_000, otherwise: 1000 };
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js', import.meta.url);

/**
 * Keeps the write-ahead log of an SQLite file short during a large change, from a thread of its own: copying it waits for
 * the disk, and this thread answers requests. Does nothing on Postgres. Dispose of it, or the thread stays.
 */
export class Checkpoints implements AsyncDisposable {
  #steps = 0;
  #worker: Worker | null = null;
  #failed = false;

  constructor(private readonly database: Database) {}

  /** To be awaited after each transaction. */
  async step(): Promise<void> {
    this.#steps += 1;
    if (this.#failed || this.#steps % STEPS_BETWEEN !== 0 || !isSqlite(this.database.em)) return;
    const worker = this.#worker ?? (await this.#start());
    await new Promise<void>((resolve) => {
      worker.once('message', resolve);
      worker.once('exit', resolve);
      worker.postMessage(null);
    });
    worker.removeAllListeners('message').removeAllListeners('exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker === null) return;
    await this.#worker.terminate();
    await this.#sqliteAfter(PAGES.otherwise);
  }

  async #start(): Promise<Worker> {
    await this.#sqliteAfter(PAGES.meanwhile);
    // execArgv: the flags of a test runner or debugger are not for this thread.
    this.#worker = new Worker(WORKER, { execArgv: [], workerData: this.database.config.get('dbName') });
    // SQLite copies the log by itself then, later.
    this.#worker.on('error', () => (this.#failed = true));
    return this.#worker;
  }

  async #sqliteAfter(pages: number): Promise<void> {
    await sql`pragma wal_autocheckpoint = ${sql.raw(String(pages))}`.execute(statements(this.database.em.fork()));
  }
}
