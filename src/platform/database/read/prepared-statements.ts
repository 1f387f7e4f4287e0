import { BoundedCache } from '../../memory/bounded-cache.js';
import { requireSqlText, type SqlText } from '../sql-text.js';

// better-sqlite3 ships no types: these are the members that we use.
export interface PreparedStatement {
  raw(on: boolean): PreparedStatement;
  all(values: readonly unknown[]): unknown[];
  run(values: readonly unknown[]): { changes: number };
}

/** Prepared statements of one connection: clients need few, and an attacker who makes many must not fill the memory. */
export const MOST_STATEMENTS = 500;

/** A connection to an SQLite file that caches its prepared statements by their text and runs them synchronously. */
export abstract class PreparedStatements {
  readonly #prepared = new BoundedCache<string, PreparedStatement>({ max: MOST_STATEMENTS });
  readonly #prepare = (text: string): PreparedStatement => this.prepare(text);

  /** Rows as arrays of their columns. */
  all<R>(text: SqlText): R[] {
    return this.statement(text).raw(true).all(text.values) as R[];
  }

  /** Rows as objects. */
  objects<R>(text: SqlText): R[] {
    return this.statement(text).raw(false).all(text.values) as R[];
  }

  protected abstract prepare(text: string): PreparedStatement;

  protected statement(asked: SqlText): PreparedStatement {
    requireSqlText(asked);
    return this.#prepared.getOrCompute(asked.text, this.#prepare);
  }

  protected forget(): void {
    this.#prepared.clear();
  }
}
