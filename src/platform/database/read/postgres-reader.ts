import { createHash } from 'node:crypto';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { BoundedCache } from '../../memory/bounded-cache.js';
import { WeakMemo } from '../../memory/weak-memo.js';
import { MOST_STATEMENTS } from './prepared-statements.js';
import { postgresText } from './postgres-text.js';
import type { Operation } from './operation.js';
import { statementTooLong } from './statement-timeout.js';
import { DatabaseAway, isDatabaseAway } from '../postgres/database-away.js';
import { connectWithin } from '../postgres/postgres-connections.js';
import { isReadTimeout } from '../postgres/read-timeout.js';
import type { SqlText } from '../sql-text.js';

/** Prepared statements of a connection before it is replaced: each takes memory of the server. */
const MOST_PREPARED = 200;

/** SQLSTATEs that say that a pooler switched the connection: the statement is not there, or somebody else prepared it there. */
const SWITCHED = new Set(['26000', '42P05']);
/** The tables of a prepared statement have changed. */
const OUTDATED = '0A000';

/** One that has waited this long is not what made its operation take too long: the server does not answer, or somebody locks the table. */
const LONG_MS = 5000;

/** How long a read may take, and how long it waits for a server that is gone without a word: a read of a few rows takes milliseconds. */
export interface ReadTimes {
  statementMs: number;
  answerMs: number;
}

/** How a statement is run. */
export interface RunOptions {
  steady?: boolean | undefined;
  /** The statement ends with it, and what it took is added to its time. */
  operation?: Operation | null | undefined;
}

/**
 * Reads outside of transactions on Postgres, each of a bounded number of rows. A read fails after `statementMs`, yet goes on in the
 * database; reads that may take long belong to `HeavyReads`, which cancels them there.
 */
export class PostgresReader {
  /** The name of a prepared statement, by its text; empty until a text comes a second time, as many come only once. */
  readonly #names = new BoundedCache<string, string>({ max: MOST_STATEMENTS });
  /** Names of the statements that a connection has prepared. */
  readonly #prepared = new WeakMemo<PoolClient, Set<string>>();
  #prepares: boolean;

  /** Prepares nothing unless `prepares` is set, nor after a pooler has switched connections once. */
  constructor(
    private readonly pool: () => Promise<Pool>,
    private readonly times: ReadTimes,
    prepares = true,
  ) {
    this.#prepares = prepares;
  }

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

  async #run(statement: SqlText, { steady = false, rowMode, operation }: RunOptions & { rowMode?: 'array' }): Promise<QueryResult> {
    const { text, values } = postgresText(statement);
    const name = steady && this.#prepares ? this.#nameOf(text) : undefined;
    const limitMs = Math.min(this.times.statementMs, this.times.answerMs, operation?.readLimitMs ?? Infinity);
    const until = performance.now() + limitMs;
    const client = await this.#connect(limitMs, operation);
    let isSpent = name !== undefined && this.#isFullWith(client, name);
    const began = performance.now();
    try {
      // Its types leave out how long a query may take.
      const query = { text, values, name, rowMode: rowMode as 'array', query_timeout: Math.max(1, Math.ceil(until - began)) };
      return await client.query(query);
    } catch (error) {
      if (isReadTimeout(error)) {
        // The connection still waits for the answer.
        isSpent = true;
        throw this.#overtime(error, limitMs, operation);
      }
      const { code = '' } = error as { code?: string };
      if (name === undefined || (code !== OUTDATED && !SWITCHED.has(code))) throw error;
      if (SWITCHED.has(code)) this.#prepares = false;
      isSpent = true;
    } finally {
      if (operation) operation.readTime.waitMs += performance.now() - began;
      client.release(isSpent);
    }
    return this.#run(statement, { rowMode, operation });
  }

  async #connect(limitMs: number, operation: Operation | null | undefined): Promise<PoolClient> {
    try {
      return await connectWithin(await this.pool(), limitMs);
    } catch (error) {
      if (isDatabaseAway(error)) operation?.noteUnanswered(error);
      throw error;
    }
  }

  #overtime(error: unknown, limitMs: number, operation: Operation | null | undefined): Error {
    // A task that reads is tried again.
    if (!operation) return new DatabaseAway(error);
    if (limitMs === this.times.statementMs) return statementTooLong(limitMs);
    if (limitMs < LONG_MS) return operation.tooSlow();
    const away = new DatabaseAway(error);
    operation.noteUnanswered(away);
    return away;
  }

  #isFullWith(client: PoolClient, name: string): boolean {
    return this.#prepared.getOrCompute(client, () => new Set()).add(name).size > MOST_PREPARED;
  }

  /** A hash of the text: behind a pooler, processes share connections, so a name must mean the same text to all of them. */
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known === undefined) {
      this.#names.set(text, '');
      return undefined;
    }
    if (known !== '') return known;
    const digest = createHash('sha256').update(text).digest('base64url');
    const name = `read_${digest}`;
    this.#names.set(text, name);
    return name;
  }
}

const readers = new WeakMap<object, PostgresReader>();

export function givePostgresReader(driver: object, reader: PostgresReader): void {
  readers.set(driver, reader);
}

export function postgresReaderOf(driver: object): PostgresReader | undefined {
  return readers.get(driver);
}
