import { BoundedCache } from '../memory/bounded-cache.js';
import { MOST_STATEMENTS, PreparedStatements, type PreparedStatement } from './read/prepared-statements.js';
import type { SqlText } from './sql-text.js';
import { type ConnectionWrites, type StatementKind, statementKind } from './cache-invalidation.js';

/** The connection of the driver itself. */
export interface SqliteClient {
  prepare(text: string): PreparedStatement;
}

/**
 * The one connection that writes to an SQLite file, for the transaction that holds it: statements are prepared once and run
 * synchronously, as nobody else uses the connection meanwhile. Its writes invalidate caches as all others do.
 */
export class SqliteWriterConnection extends PreparedStatements {
  readonly #kinds = new BoundedCache<string, StatementKind>({ max: MOST_STATEMENTS });
  #client: SqliteClient | null = null;

  constructor(
    private readonly open: () => Promise<SqliteClient>,
    private readonly watch: ConnectionWrites,
  ) {
    super();
  }

  /** Opens the connection; await it before the first statement. */
  async ready(): Promise<this> {
    this.#client ??= await this.open();
    return this;
  }

  /** Runs a statement and returns how many rows it changed. */
  run(text: SqlText): number {
    const statement = this.statement(text);
    try {
      return statement.run(text.values).changes;
    } finally {
      this.watch.done(this.#kinds.getOrCompute(text.text, statementKind));
    }
  }

  protected prepare(text: string): PreparedStatement {
    if (this.#client === null) throw new Error('The SQLite file is written to before it is open.');
    return this.#client.prepare(text);
  }
}

/** Writer connections by driver; Postgres has none. */
const writers = new WeakMap<object, SqliteWriterConnection>();

export function giveWriter(driver: object, writer: SqliteWriterConnection): void {
  writers.set(driver, writer);
}

export function writerOf(driver: object): SqliteWriterConnection | undefined {
  return writers.get(driver);
}
