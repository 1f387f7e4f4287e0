import { createRequire } from 'node:module';
import type { SqlText } from './sql-text.js';

// The driver has no types of its own, so what is used of it is declared here.
interface PreparedStatement {
  raw(on: boolean): PreparedStatement;
  all(values: readonly unknown[]): unknown[];
}
interface SqliteFile {
  pragma(text: string): unknown;
  prepare(text: string): PreparedStatement;
  close(): void;
}
type OpenSqlite = new (path: string, options: { readonly: boolean; fileMustExist: boolean; timeout: number }) => SqliteFile;

const Sqlite = createRequire(import.meta.url)('better-sqlite3') as OpenSqlite;

/** Prepared statements kept; the shapes of what people ask are few, and an attacker's many must not fill the memory. */
export const MOST_STATEMENTS = 500;

/** Of the file, so that rows all over a large one are read without a copy of each page; it is memory of the system, not ours. */
const MAPPED_BYTES = 2 ** 31 - 65_536;

/**
 * A second connection to an SQLite file that only reads: it sees what is committed, never waits for a transaction of
 * this process, and keeps its statements prepared.
 */
export class SqliteReader {
  #file: SqliteFile | null = null;
  readonly #prepared = new Map<string, PreparedStatement>();

  constructor(
    private readonly path: string,
    private readonly busyTimeoutMs: number,
  ) {}

  /** Rows as arrays of their columns. */
  all<R>(text: SqlText): R[] {
    return this.#statement(text.text).raw(true).all(text.values) as R[];
  }

  /** Rows as objects. */
  objects<R>(text: SqlText): R[] {
    return this.#statement(text.text).raw(false).all(text.values) as R[];
  }

  #statement(text: string): PreparedStatement {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = (this.#file ??= this.#open()).prepare(text);
      if (this.#prepared.size >= MOST_STATEMENTS) this.#prepared.clear();
      this.#prepared.set(text, statement);
    }
    return statement;
  }

  #open(): SqliteFile {
    const file = new Sqlite(this.path, { readonly: true, fileMustExist: true, timeout: this.busyTimeoutMs });
    file.pragma(`mmap_size = ${MAPPED_BYTES}`);
    return file;
  }

  close(): void {
    this.#prepared.clear();
    this.#file?.close();
    this.#file = null;
  }
}

/** Which driver has a reader; without one, statements go the way of all others. */
const readers = new WeakMap<object, SqliteReader>();

export function giveReader(driver: object, reader: SqliteReader): void {
  readers.set(driver, reader);
}

export function readerOf(driver: object): SqliteReader | undefined {
  return readers.get(driver);
}
