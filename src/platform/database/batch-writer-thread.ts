// Worker thread that writes the batches of one large change to an SQLite file. It imports none of our modules and uses only erasable
// TypeScript syntax, so that Node can run it from the source as well as from the build.
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
/** One batch: the next `statementCount` messages of `statementPort`. Until they are received they wait outside of both heaps. */
interface Batch {
  condition: Statement | null;
  statementCount: number;
}

/** WAL pages (20 MiB) between checkpoints. Each checkpoint waits for the disk, so do not run it often. */
const CHECKPOINT_PAGES = 5000;

const port = parentPort;
if (port === null) throw new Error('batch-writer-thread runs in a worker thread only');
const { path, busyTimeoutMs, statementPort } = workerData as { path: string; busyTimeoutMs: number; statementPort: MessagePort };
const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;
const file = new Sqlite(path, { fileMustExist: true, timeout: busyTimeoutMs });
// Turn automatic checkpoints off: this thread runs them between two batches, when nobody waits for it.
for (const pragma of ['synchronous = normal', 'foreign_keys = on', 'wal_autocheckpoint = 0']) file.pragma(pragma);
const prepared = new Map<string, SqliteStatement>();

function run({ sql, parameters }: Statement): number {
  const statement = prepared.get(sql) ?? file.prepare(sql);
  prepared.set(sql, statement);
  if (statement.reader) return statement.get(parameters) === undefined ? 0 : 1;
  return statement.run(parameters).changes;
}

function runBatch({ condition, statementCount }: Batch): number | null {
  let taken = 0;
  const take = (): Statement => {
    taken += 1;
    return (receiveMessageOnPort(statementPort) as { message: Statement }).message;
  };
  try {
    file.exec('begin immediate');
    const isMet = condition === null || run(condition) > 0;
    let rows = 0;
    for (let index = 0; index < statementCount; index += 1) {
      const statement = take();
      if (isMet) rows += run(statement);
    }
    file.exec('commit');
    return isMet ? rows : null;
  } finally {
    if (file.inTransaction) file.exec('rollback');
    // Drop the remaining statements of a failed batch, so that the next one does not run them.
    for (let index = taken; index < statementCount; index += 1) take();
  }
}

/** Copies the WAL into the database file once it has more than `most` pages. A passive checkpoint blocks neither readers nor writers. */
function checkpoint(most: number): void {
  const [state] = file.pragma('wal_checkpoint(noop)');
  if (state !== undefined && state.log - state.checkpointed > most) file.pragma('wal_checkpoint(passive)');
}

/** Runs each batch that it receives; null ends the thread. */
port.on('message', (batch: Batch | null) => {
  if (batch === null) {
    checkpoint(0);
    file.close();
    port.close();
    statementPort.close();
    return;
  }
  const [began, cpu] = [performance.now(), process.threadCpuUsage()];
  try {
    const rows = runBatch(batch);
    const { user, system } = process.threadCpuUsage(cpu);
    port.postMessage({ rows, cpuMs: (user + system) / 1000, ms: performance.now() - began });
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
  checkpoint(CHECKPOINT_PAGES);
});
