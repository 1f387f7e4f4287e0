// Runs in a worker thread: the batches of one large change to an SQLite file. Imports nothing of ours and uses erasable syntax
// only, so that Node starts it from the source as well as from the build.
import { createRequire } from 'node:module';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

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
/** A step: so many statements of `parts`, taken from there only now, as what waits there waits outside of any heap. */
interface Step {
  condition: Statement | null;
  parts: number;
}

/** WAL pages between checkpoints: 20 MiB. A checkpoint waits for the disk, so not too often. */
const PAGES_BETWEEN = 5000;

const port = parentPort;
if (port === null) throw new Error('batch-writer-thread runs in a worker thread only');
const { path, busyTimeoutMs, parts: waiting } = workerData as { path: string; busyTimeoutMs: number; parts: MessagePort };
const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;
const file = new Sqlite(path, { fileMustExist: true, timeout: busyTimeoutMs });
// Checkpoints run between two batches, when nobody waits for this thread.
for (const pragma of ['synchronous = normal', 'foreign_keys = on', 'wal_autocheckpoint = 0']) file.pragma(pragma);
const prepared = new Map<string, SqliteStatement>();

function run({ sql, parameters }: Statement): number {
  const statement = prepared.get(sql) ?? file.prepare(sql);
  prepared.set(sql, statement);
  if (statement.reader) return statement.get(parameters) === undefined ? 0 : 1;
  return statement.run(parameters).changes;
}

function carryOut({ condition, parts }: Step): number | null {
  let taken = 0;
  const take = (): Statement => {
    taken += 1;
    return (receiveMessageOnPort(waiting) as { message: Statement }).message;
  };
  try {
    file.exec('begin immediate');
    const isMet = condition === null || run(condition) > 0;
    let rows = 0;
    for (let part = 0; part < parts; part += 1) {
      const statement = take();
      if (isMet) rows += run(statement);
    }
    file.exec('commit');
    return isMet ? rows : null;
  } finally {
    if (file.inTransaction) file.exec('rollback');
    // Drop the remaining statements of a failed batch, so that the next one does not run them.
    for (let part = taken; part < parts; part += 1) take();
  }
}

/** Passive: blocks neither readers nor writers. */
function copyLog(most: number): void {
  const [state] = file.pragma('wal_checkpoint(noop)');
  if (state !== undefined && state.log - state.checkpointed > most) file.pragma('wal_checkpoint(passive)');
}

/** Null ends the thread. */
port.on('message', (step: Step | null) => {
  if (step === null) {
    copyLog(0);
    file.close();
    port.close();
    waiting.close();
    return;
  }
  const [began, cpu] = [performance.now(), process.threadCpuUsage()];
  try {
    const rows = carryOut(step);
    const { user, system } = process.threadCpuUsage(cpu);
    port.postMessage({ rows, cpuMs: (user + system) / 1000, ms: performance.now() - began });
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
  copyLog(PAGES_BETWEEN);
});
