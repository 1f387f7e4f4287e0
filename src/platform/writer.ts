import { MOST_STATEMENTS } from './reader.js';
import type { SqlText } from './sql-text.js';
import { type ConnectionWatch, type StatementKind, statementKind } from './write-watch.js';

// The driver has no types of its own, so what is used of it is declared here.
interface PreparedStatement {
  raw(on: boolean): PreparedStatement;
  all(values: readonly unknown[]): unknown[];
  run(values: readonly unknown[]): { changes: number };
}
/** The connection of the driver itself. */
export interface SqliteClient {
  prepare(text: string): PreparedStatement;
}
interface Prepared {
  statement: PreparedStatement;
  kind: StatementKind;
}

/**
 * The one connection that writes to an SQLite file, for whoever is in a transaction of it: statements are kept prepared and run
 * at once, as nobody else can be on that connection meanwhile. Writes are told to the watch as all others are.
 */
export class SqliteWriter {
  #client: SqliteClient | null = null;
  readonly #prepared = new Map<string, Prepared>();

  constructor(
    private readonly open: () => Promise<SqliteClient>,
    private readonly watch: ConnectionWatch,
  ) {}

  /** To be awaited before the first statement. */
  async ready(): Promise<this> {
    this.#client ??= await this.open();
    return this;
  }

  /** Rows as arrays of their columns. */
  all<R>(text: SqlText): R[] {
    return this.#statement(text.text).statement.raw(true).all(text.values) as R[];
  }

  /** Rows as objects. */
  objects<R>(text: SqlText): R[] {
    return this.#statement(text.text).statement.raw(false).all(text.values) as R[];
  }

  /** How many rows it changed. */
  run(text: SqlText): number {
    const { statement, kind } = this.#statement(text.text);
    try {
      return statement.run(text.values).changes;
    } finally {
      this.watch.done(kind);
    }
  }

  #statement(text: string): Prepared {
    let prepared = this.#prepared.get(text);
    if (prepared === undefined) {
      if (this.#client === null) throw new Error('The SQLite file is written to before it is open.');
      prepared = { statement: this.#client.prepare(text), kind: statementKind(text) };
      if (this.#prepared.size >= MOST_STATEMENTS) this.#prepared.clear();
      this.#prepared.set(text, prepared);
    }
    return prepared;
  }
}

/** Which driver has a writer; Postgres has none. */
const writers = new WeakMap<object, SqliteWriter>();

export function giveWriter(driver: object, writer: SqliteWriter): void {
  writers.set(driver, writer);
}

export function writerOf(driver: object): SqliteWriter | undefined {
  return writers.get(driver);
}
