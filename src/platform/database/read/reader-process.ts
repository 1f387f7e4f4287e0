// Runs in a process of its own: reads an SQLite file for another process. Imports nothing of ours and uses erasable syntax only, so
// that Node starts it from the source as well as from the build.
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';

interface SqliteStatement {
  raw(on: boolean): SqliteStatement;
  all(values: readonly unknown[]): unknown[];
}
interface SqliteFile {
  pragma(text: string): unknown;
  prepare(text: string): SqliteStatement;
}
type OpenSqlite = new (path: string, options: { readonly: boolean; fileMustExist: boolean; timeout: number }) => SqliteFile;
interface Question {
  text: string;
  values: readonly unknown[];
  asObjects: boolean;
}

const MOST_STATEMENTS = 200;
/** Somewhat behind the process that answers requests, where both want the same core. */
const PRIORITY = 5;

const [path = '', busyTimeoutMs = '0'] = process.argv.slice(2);
const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;
const file = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: Number(busyTimeoutMs) });
file.pragma('mmap_size = 2147418112');
const prepared = new Map<string, SqliteStatement>();

function read({ text, values, asObjects }: Question): unknown[] {
  let statement = prepared.get(text);
  if (statement === undefined) {
    statement = file.prepare(text);
    if (prepared.size >= MOST_STATEMENTS) prepared.clear();
    prepared.set(text, statement);
  }
  return statement.raw(!asObjects).all(values);
}

try {
  setPriority(PRIORITY);
} catch {
  // Some systems forbid it, and reads are answered without it.
}
// A signal to the whole group, such as Ctrl-C, is for the process that asks. Without a channel to that one, nothing keeps this one alive.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('message', (question: Question) => {
  const before = process.cpuUsage();
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  try {
    const rows = read(question);
    process.send?.({ rows, cpuMs: cpuMs() });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error), cpuMs: cpuMs() });
  }
});
