import type { Pool, PoolClient, QueryResult } from 'pg';
import { BoundedCache } from '../../memory/bounded-cache.js';
import { WeakMemo } from '../../memory/weak-memo.js';
import { MOST_STATEMENTS } from './prepared-statements.js';
import { postgresText } from './postgres-text.js';
import type { ReadTime } from './operation.js';
import { statementTooLong } from './statement-timeout.js';
import type { SqlText } from '../sql-text.js';

/** Prepared statements of a connection before it is replaced: each takes memory of the server. */
const MOST_PREPARED = 200;

/** SQLSTATEs of a prepared statement that is lost: a pooler switched the connection, or the tables changed. */
const LOST = new Set(['26000', '0A000']);

/** The driver's message of a timeout, which has no code. */
const TIMED_OUT = 'Query read timeout';

/** How a statement is run. */
export interface RunOptions {
  steady?: boolean | undefined;
  /** What the statement took is added here. */
  time?: ReadTime | undefined;
}

/**
 * Reads outside of transactions on Postgres, each of a bounded number of rows. A read fails after `timeoutMs`, yet goes on in the
 * database; reads that may take long belong to `HeavyReads`, which cancels them there.
 */
export class PostgresReader {
  /** The number in the name of a prepared statement, by its text; 0 until a text comes a second time, as many come only once. */
  readonly #numbers = new BoundedCache<string, number>({ max: MOST_STATEMENTS });
  /** Names of the statements that a connection has prepared. */
  readonly #prepared = new WeakMemo<PoolClient, Set<string>>();
  #lastNumber = 0;

  constructor(
    private readonly pool: () => Promise<Pool>,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Rows as arrays of their columns. A `steady` statement suits one plan for all values: it is prepared, and Postgres soon stops
   * planning it. Others are planned for their values.
   */
  async all<R>(text: SqlText, options: RunOptions = {}): Promise<R[]> {
    return (await this.#run(text, { ...options, rowMode: 'array' })).rows as R[];
  }

  /** Rows as objects. */
  async objects<R>(text: SqlText, options: RunOptions = {}): Promise<R[]> {
    return (await this.#run(text, options)).rows as R[];
  }

  async #run(statement: SqlText, { steady = false, rowMode, time }: RunOptions & { rowMode?: 'array' }): Promise<QueryResult> {
    const { text, values } = postgresText(statement);
    const name = steady ? this.#nameOf(text) : undefined;
    const client = await (await this.pool()).connect();
    let isSpent = name !== undefined && this.#isFullWith(client, name);
    const began = performance.now();
    try {
      // Its types leave out how long a query may take.
      const query = { text, values, name, rowMode: rowMode as 'array', query_timeout: this.timeoutMs };
      return await client.query(query);
    } catch (error) {
      if (error instanceof Error && error.message === TIMED_OUT) {
        // The connection still waits for the answer.
        isSpent = true;
        throw statementTooLong(this.timeoutMs);
      }
      if (name === undefined || !LOST.has((error as { code?: string }).code ?? '')) throw error;
      isSpent = true;
    } finally {
      if (time !== undefined) time.waitMs += performance.now() - began;
      client.release(isSpent);
    }
    return this.#run(statement, { rowMode, time });
  }

  #isFullWith(client: PoolClient, name: string): boolean {
    return this.#prepared.getOrCompute(client, () => new Set()).add(name).size > MOST_PREPARED;
  }

  #nameOf(text: string): string | undefined {
    const number = this.#numbers.get(text);
    if (number === undefined) {
      this.#numbers.set(text, 0);
      return undefined;
    }
    if (number > 0) return `read_${number}`;
    this.#lastNumber += 1;
    this.#numbers.set(text, this.#lastNumber);
    return `read_${this.#lastNumber}`;
  }
}

const readers = new WeakMap<object, PostgresReader>();

export function givePostgresReader(driver: object, reader: PostgresReader): void {
  readers.set(driver, reader);
}

export function postgresReaderOf(driver: object): PostgresReader | undefined {
  return readers.get(driver);
}
