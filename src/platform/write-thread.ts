// Runs in a worker thread: the steps of one large change to an SQLite file. Imports nothing of ours and uses erasable syntax
// only, so that Node starts it from the source as well as from the build.
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

interface SqliteStatement {
  reader: boolean;
  get(values: readonly unknown[]): unknown;
  run(values: readonly unknown[]): { changes: number };
}
interface SqliteFile {
  inTransaction: boolean;
  pragma(text: string): { log: number; checkpointed: number }[];
  exec(text: string): unknown;
  prepare(text: string): SqliteStatement;
  close(): void;
}
type OpenSqlite = new (path: string, options: { fileMustExist: boolean; timeout: number }) => SqliteFile;
interface Statement {
  sql: string;
  parameters: readonly unknown[];
}
/** A step comes in parts: one message of all its rows would take a buffer of a MiB or more here and there, again and again. */
type Part = { begin: Statement | null } | { run: Statement } | 'end';

/** Pages of the log after which it is copied into the file: twenty MiB. It waits for the disk, so not too often. */
const PAGES_BETWEEN = 5000;

const port = parentPort;
if (port === null) throw new Error('write-thread runs in a worker thread only');
const { path, busyTimeoutMs } = workerData as { path: string; busyTimeoutMs: number };
const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;
const file = new Sqlite(path, { fileMustExist: true, timeout: busyTimeoutMs });
// The log is copied between two steps, when nobody waits for this thread.
for (const pragma of ['synchronous = normal', 'foreign_keys = on', 'wal_autocheckpoint = 0']) file.pragma(pragma);
const prepared = new Map<string, SqliteStatement>();

function run({ sql, parameters }: Statement): number {
  const statement = prepared.get(sql) ?? file.prepare(sql);
  prepared.set(sql, statement);
  if (statement.reader) return statement.get(parameters) === undefined ? 0 : 1;
  return statement.run(parameters).changes;
}

class Step {
  readonly #began = performance.now();
  readonly #cpu = process.threadCpuUsage();
  #error: string | null = null;
  #isMet = true;
  #rows = 0;

  constructor(condition: Statement | null) {
    this.#attempt(() => {
      file.exec('begin immediate');
      this.#isMet = condition === null || run(condition) > 0;
    });
  }

  run(statement: Statement): void {
    if (this.#isMet) this.#attempt(() => (this.#rows += run(statement)));
  }

  end(): object {
    this.#attempt(() => file.exec('commit'));
    const { user, system } = process.threadCpuUsage(this.#cpu);
    if (this.#error !== null) return { error: this.#error };
    return { rows: this.#isMet ? this.#rows : null, cpuMs: (user + system) / 1000, ms: performance.now() - this.#began };
  }

  /** Nothing more is done once something failed. */
  #attempt(work: () => unknown): void {
    if (this.#error !== null) return;
    try {
      work();
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error);
      if (file.inTransaction) file.exec('rollback');
    }
  }
}

/** Passive: keeps nobody from reading or writing. */
function copyLog(most: number): void {
  const [state] = file.pragma('wal_checkpoint(noop)');
  if (state !== undefined && state.log - state.checkpointed > most) file.pragma('wal_checkpoint(passive)');
}

let step: Step | null = null;

/** Null: there are no more steps. */
port.on('message', (part: Part | null) => {
  if (part === null) {
    copyLog(0);
    file.close();
    port.close();
  } else if (part === 'end') {
    port.postMessage(step?.end());
    copyLog(PAGES_BETWEEN);
  } else if ('run' in part) step?.run(part.run);
  else step = new Step(part.begin);
});
