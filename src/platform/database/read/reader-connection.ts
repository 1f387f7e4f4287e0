import { createRequire } from 'node:module';
import { PreparedStatements, type PreparedStatement } from './prepared-statements.js';

interface SqliteFile {
  pragma(text: string): unknown;
  prepare(text: string): PreparedStatement;
  close(): void;
}
type OpenSqlite = new (path: string, options: { readonly: boolean; fileMustExist: boolean; timeout: number }) => SqliteFile;

const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;

/** Maps 2 GiB, less a page of 64 KiB: pages of a large file are read without a copy. The memory is the page cache of the system, not ours. */
const MAP_FILE = 'mmap_size = 2147418112';

/** A read-only connection to an SQLite file: sees committed rows, and never waits for a transaction of this process. */
export class SqliteReaderConnection extends PreparedStatements {
  #file: SqliteFile | null = null;

  constructor(
    private readonly path: string,
    private readonly busyTimeoutMs: number,
  ) {
    super();
  }

  protected prepare(text: string): PreparedStatement {
    return (this.#file ??= this.#open()).prepare(text);
  }

  #open(): SqliteFile {
    const file = new Sqlite(this.path, { readonly: true, fileMustExist: true, timeout: this.busyTimeoutMs });
    file.pragma(MAP_FILE);
    return file;
  }

  close(): void {
    this.forget();
    this.#file?.close();
    this.#file = null;
  }
}

/** Reader connections by driver; without one, MikroORM's connection reads. */
const readers = new WeakMap<object, SqliteReaderConnection>();

export function giveReader(driver: object, reader: SqliteReaderConnection): void {
  readers.set(driver, reader);
}

export function readerOf(driver: object): SqliteReaderConnection | undefined {
  return readers.get(driver);
}
