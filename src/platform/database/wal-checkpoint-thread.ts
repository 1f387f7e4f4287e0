// Runs in a worker thread: checkpoints the write-ahead log of an SQLite file. Imports nothing of ours and uses erasable
// syntax only, so that Node starts it from the source as well as from the build.
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

interface SqliteFile {
  pragma(text: string): { log: number; checkpointed: number }[];
  close(): void;
}
type OpenSqlite = new (path: string, options: { fileMustExist: boolean; timeout: number }) => SqliteFile;

/** WAL pages between checkpoints: 16 MiB. A checkpoint and concurrent writers wait for the disk, so not too often. */
const PAGES_BETWEEN = 4000;

const port = parentPort;
if (port === null) throw new Error('wal-checkpoint-thread runs in a worker thread only');
const { path, busyTimeoutMs } = workerData as { path: string; busyTimeoutMs: number };
const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;
const file = new Sqlite(path, { fileMustExist: true, timeout: busyTimeoutMs });

/** Passive: blocks neither readers nor writers. */
function copyLog(): void {
  const [state] = file.pragma('wal_checkpoint(noop)');
  if (state !== undefined && state.log - state.checkpointed > PAGES_BETWEEN) file.pragma('wal_checkpoint(passive)');
}

port.on('message', (isMore: boolean) => {
  if (isMore) {
    copyLog();
    port.postMessage(null);
    return;
  }
  file.close();
  port.close();
});
