import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { BUSY_TIMEOUT_MS, type Database, isSqlite } from './database.js';
import { throughKysely } from './read/read-rows.js';
import { requireSqlText, type SqlText, type SqlValue } from './sql-text.js';

/** A statement on its way to the thread, which takes copies of objects without their class. */
interface Sent {
  sql: string;
  parameters: readonly SqlValue[];
}

function sent(statement: SqlText): Sent {
  requireSqlText(statement);
  return { sql: statement.text, parameters: statement.values };
}

/** Rows that a step changed, and how long it took: by the clock, and of a processor. */
export interface Written {
  rows: number;
  ms: number;
  cpuMs: number;
}

/** Writes a large change in steps, each a transaction. Dispose of it: that waits for the step under way. */
export interface BatchWriter extends AsyncDisposable {
  /** Gets ready beforehand: a thread takes some 40 ms to start. */
  start(): void;
  /** Makes statements part of the next step. What waits takes no room in the heap of this thread on SQLite. */
  add(work: readonly SqlText[]): void;
  /** Carries out what was added, one step at a time. Null, and nothing is written, when `condition` finds no row. */
  write(condition?: SqlText | null): Promise<Written | null>;
}

/** SQLite gets a thread with a connection of its own, as each step holds the thread it is on; Postgres works elsewhere. */
export function createBatchWriter(database: Database): BatchWriter {
  return isSqlite(database.em) ? new ThreadWriter(database) : new TransactionWriter(database);
}

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './batch-writer-thread.ts' : './batch-writer-thread.js', import.meta.url);
/** A step is garbage once it is written: room for a few to die young, and little for what piles up. */
const MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 48 };

type Report = { rows: number | null; ms: number; cpuMs: number } | { error: string };

class ThreadWriter implements BatchWriter {
  #thread: Worker | null = null;
  #fault: Error | null = null;
  #going: Promise<unknown> = Promise.resolve();
  readonly #parts = new MessageChannel();
  #added = 0;

  constructor(private readonly database: Database) {}

  start(): Worker {
    return (this.#thread ??= this.#start());
  }

  add(work: readonly SqlText[]): void {
    for (const statement of work) this.#parts.port1.postMessage(sent(statement));
    this.#added += work.length;
  }

  async write(condition: SqlText | null = null): Promise<Written | null> {
    const thread = this.start();
    const parts = this.#added;
    this.#added = 0;
    // This process's own connection is held meanwhile: who wants to write waits for it in turn, and not inside SQLite,
    // where waiting would hold the thread and a transaction that has read would be refused.
    const held = this.database.em.getConnection().getClient().connection();
    const asked = held.execute(async () => this.#ask(thread, { condition: condition === null ? null : sent(condition), parts }));
    this.#going = asked.catch(() => undefined);
    const report = await asked;
    if ('error' in report) throw new Error(`A step of a large change failed: ${report.error}`);
    const { rows, ms, cpuMs } = report;
    return rows === null ? null : { rows, ms, cpuMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#going;
    this.#parts.port1.close();
    if (this.#thread === null) return;
    const ended = this.#fault === null ? once(this.#thread, 'exit') : null;
    this.#thread.postMessage(null);
    await ended;
  }

  async #ask(thread: Worker, step: { condition: Sent | null; parts: number }): Promise<Report> {
    if (this.#fault !== null) throw this.#fault;
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(this.#fault ?? new Error('The thread of a large change ended.'));
      thread.once('exit', failed);
      thread.once('message', (report: Report) => {
        thread.off('exit', failed);
        resolve(report);
      });
      thread.postMessage(step);
    });
  }

  #start(): Worker {
    // execArgv: the flags of a test runner or debugger are not for this thread.
    const workerData = { path: this.database.config.get('dbName'), busyTimeoutMs: BUSY_TIMEOUT_MS, parts: this.#parts.port2 };
    const thread = new Worker(THREAD, { execArgv: [], resourceLimits: MEMORY, workerData, transferList: [this.#parts.port2] });
    thread.on('error', (error: Error) => (this.#fault = error));
    thread.on('exit', () => (this.#fault ??= new Error('The thread of a large change ended.')));
    return thread;
  }
}

class TransactionWriter implements BatchWriter {
  #going: Promise<unknown> = Promise.resolve();
  #added: SqlText[] = [];

  constructor(private readonly database: Database) {}

  start(): void {}

  add(work: readonly SqlText[]): void {
    this.#added.push(...work);
  }

  async write(condition: SqlText | null = null): Promise<Written | null> {
    const work = this.#added;
    this.#added = [];
    const [began, cpu] = [performance.now(), process.threadCpuUsage()];
    const written = this.#transact(work, condition);
    this.#going = written.catch(() => undefined);
    const rows = await written;
    const { user, system } = process.threadCpuUsage(cpu);
    return rows === null ? null : { rows, ms: performance.now() - began, cpuMs: (user + system) / 1000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#going;
  }

  async #transact(work: readonly SqlText[], condition: SqlText | null): Promise<number | null> {
    return this.database.em.fork().transactional(async (tx) => {
      if (condition !== null && (await throughKysely(tx, condition)).rows.length === 0) return null;
      let rows = 0;
      for (const statement of work) rows += Number((await throughKysely(tx, statement)).numAffectedRows ?? 0);
      return rows;
    });
  }
}
