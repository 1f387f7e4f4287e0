// Runs in a worker thread. Imports nothing of ours and uses erasable syntax only, so that Node starts it from the
// source as well as from the build.
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

interface SqliteFile {
  pragma(text: string): unknown;
}
type OpenSqlite = new (path: string, options: { fileMustExist: boolean }) => SqliteFile;

const port = parentPort;
if (port === null) throw new Error('checkpoint-worker runs in a worker thread only');
const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;
const file = new Sqlite(workerData as string, { fileMustExist: true });
file.pragma('synchronous = normal');

port.on('message', () => {
  // Passive: keeps nobody from reading or writing.
  file.pragma('wal_checkpoint(passive)');
  port.postMessage(null);
});
