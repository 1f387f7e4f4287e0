import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { inTransaction } from './in-transaction.js';
import { BUSY_TIMEOUT_MS, type Database, isSqlite } from './database.js';
import { throughKysely } from './read/read-rows.js';
import { requireSqlText, type SqlText, type SqlValue } from './sql-text.js';

/** A statement as it is posted to the thread: structured cloning drops the class of `SqlText`. */
interface WireStatement {
  sql: string;
  parameters: readonly SqlValue[];
}

function toWire(statement: SqlText): WireStatement {
  requireSqlText(statement);
  return { sql: statement.text, parameters: statement.values };
}

/** Rows that a batch changed, its duration, and the CPU time it used. */
export interface BatchResult {
  rows: number;
  ms: number;
  cpuMs: number;
}

/** Writes a large change in batches, one transaction each. Must be disposed of, which waits for the running batch. */
export interface BatchWriter extends AsyncDisposable {
  /** Starts the thread, which takes about 40 ms, before the first batch needs it. */
  start(): void;
  /** Adds statements to the next batch. On SQLite they take no heap of this thread while they wait. */
  add(work: readonly SqlText[]): void;
  /** Writes the added statements as one batch. Writes nothing and returns null if `condition` is a query that finds no row. */
  write(condition?: SqlText | null): Promise<BatchResult | null>;
}

/** Uses a thread with its own connection for SQLite, whose statements block the calling thread; Postgres runs in another process. */
export function createBatchWriter(database: Database): BatchWriter {
  return isSqlite(database.em) ? new ThreadWriter(database) : new TransactionWriter(database);
}

const THREAD_MODULE = new URL(import.meta.url.endsWith('.ts') ? './batch-writer-thread.ts' : './batch-writer-thread.js', import.meta.url);
/** Statements are garbage once written: the young generation has room for a few batches, and the old one needs little. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 48 };

type Report = { rows: number | null; ms: number; cpuMs: number } | { error: string };

class ThreadWriter implements BatchWriter {
  #thread: Worker | null = null;
  #fault: Error | null = null;
  #running: Promise<unknown> = Promise.resolve();
  readonly #statements = new MessageChannel();
  #addedCount = 0;

  constructor(private readonly database: Database) {}

  start(): Worker {
    return (this.#thread ??= this.#startThread());
  }

  add(work: readonly SqlText[]): void {
    for (const statement of work) this.#statements.port1.postMessage(toWire(statement));
    this.#addedCount += work.length;
  }

  async write(condition: SqlText | null = null): Promise<BatchResult | null> {
    const thread = this.start();
    const statementCount = this.#addedCount;
    this.#addedCount = 0;
    // Reserve the main connection meanwhile, so that other writers queue for it. Waiting for SQLite's own lock instead would
    // block the main thread, and would fail with SQLITE_BUSY in a transaction that has already read.
    const ownConnection = this.database.em.getConnection().getClient().connection();
    const running = ownConnection.execute(async () => this.#runBatch(thread, { condition: condition === null ? null : toWire(condition), statementCount }));
    this.#running = running.catch(() => undefined);
    const report = await running;
    if ('error' in report) throw new Error(`A batch of a large change failed: ${report.error}`);
    const { rows, ms, cpuMs } = report;
    return rows === null ? null : { rows, ms, cpuMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running;
    this.#statements.port1.close();
    if (this.#thread === null) return;
    const ended = this.#fault === null ? once(this.#thread, 'exit') : null;
    this.#thread.postMessage(null);
    await ended;
  }

  async #runBatch(thread: Worker, batch: { condition: WireStatement | null; statementCount: number }): Promise<Report> {
    if (this.#fault !== null) throw this.#fault;
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(this.#fault ?? new Error('The thread of a large change ended.'));
      thread.once('exit', failed);
      thread.once('message', (report: Report) => {
        thread.off('exit', failed);
        resolve(report);
      });
      thread.postMessage(batch);
    });
  }

  #startThread(): Worker {
    // Empty execArgv: the thread must not inherit the flags of a test runner or debugger.
    const workerData = { path: this.database.config.get('dbName'), busyTimeoutMs: BUSY_TIMEOUT_MS, statementPort: this.#statements.port2 };
    const thread = new Worker(THREAD_MODULE, { execArgv: [], resourceLimits: THREAD_MEMORY, workerData, transferList: [this.#statements.port2] });
    thread.on('error', (error: Error) => (this.#fault = error));
    thread.on('exit', () => (this.#fault ??= new Error('The thread of a large change ended.')));
    return thread;
  }
}

class TransactionWriter implements BatchWriter {
  #running: Promise<unknown> = Promise.resolve();
  #added: SqlText[] = [];

  constructor(private readonly database: Database) {}

  start(): void {}

  add(work: readonly SqlText[]): void {
    this.#added.push(...work);
  }

  async write(condition: SqlText | null = null): Promise<BatchResult | null> {
    const work = this.#added;
    this.#added = [];
    const [began, cpu] = [performance.now(), process.threadCpuUsage()];
    const written = this.#transact(work, condition);
    this.#running = written.catch(() => undefined);
    const rows = await written;
    const { user, system } = process.threadCpuUsage(cpu);
    return rows === null ? null : { rows, ms: performance.now() - began, cpuMs: (user + system) / 1000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running;
  }

  async #transact(work: readonly SqlText[], condition: SqlText | null): Promise<number | null> {
    // Not by the ORM: it never gives a connection back that broke within a transaction.
    return inTransaction(this.database.em.fork(), async (tx) => {
      if (condition !== null && (await throughKysely(tx, condition)).rows.length === 0) return null;
      let rows = 0;
      for (const statement of work) rows += Number((await throughKysely(tx, statement)).numAffectedRows ?? 0);
      return rows;
    });
  }
}
