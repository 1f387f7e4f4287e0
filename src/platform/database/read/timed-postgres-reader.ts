import type { Client, Pool, PoolClient, QueryResult } from 'pg';
import { DatabaseAway } from '../postgres/database-away.js';
import { connectWithin } from '../postgres/postgres-connections.js';
import { isReadTimeout } from '../postgres/read-timeout.js';
import { postgresText } from './postgres-text.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';
import { lockTimeoutOf } from './statement-timeout.js';
import type { HeavyReader, ReadLimit } from './heavy-reads.js';

/** How much longer than the database itself this process waits for the end of a statement, and for that of a cancel. */
const ANSWER_MS = 1000;

/** The largest statement_timeout of Postgres. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Reads that Postgres cancels when their time is over or their caller has disconnected. The timeout is set per transaction: a pooler may
 * switch connections between transactions, and refuses it as a connection parameter.
 */
export class TimedPostgresReader implements HeavyReader {
  constructor(private readonly pool: () => Promise<Pool>) {}

  async read(statement: SqlText, asObjects: boolean, limit: ReadLimit): Promise<unknown[]> {
    const client = await connectWithin(await this.pool(), limit.msLeft());
    let isUsable = false;
    try {
      limit.signal.throwIfAborted();
      const rows = await this.#within(client, statement, asObjects, limit);
      isUsable = true;
      return rows;
    } catch (error) {
      if (isReadTimeout(error)) throw new DatabaseAway(error);
      isUsable = await client.query('rollback').then(() => true, () => false);
      throw error;
    } finally {
      client.release(!isUsable);
    }
  }

  async #within(client: PoolClient, statement: SqlText, asObjects: boolean, { signal, msLeft, time }: ReadLimit): Promise<unknown[]> {
    const { text, values } = postgresText(statement);
    // One round trip. 0 would mean no limit.
    const left = Math.max(1, Math.ceil(msLeft()));
    const limit = sqlInteger(left, { max: LONGEST_MS });
    const lockLimit = sqlInteger(lockTimeoutOf(left), { max: LONGEST_MS });
    // Postgres ends it in time; one that does not is gone without a word.
    const query = { text, values, query_timeout: left + ANSWER_MS };
    const begun = await client.query(sqlText`begin isolation level read committed read only; set local statement_timeout = ${limit}; set local lock_timeout = ${lockLimit}; select pg_backend_pid() as pid`.text);
    const [, , , backend] = begun as unknown as QueryResult<{ pid: number }>[];
    let cancelled: Promise<void> | null = null;
    const cancel = (): void => {
      cancelled = this.#cancel(client, backend?.rows[0]?.pid ?? 0);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const began = performance.now();
    try {
      signal.throwIfAborted();
      const { rows } = await (asObjects ? client.query<Record<string, unknown>>(query) : client.query({ ...query, rowMode: 'array' }));
      await client.query('commit');
      return rows as unknown[];
    } finally {
      time.waitMs += performance.now() - began;
      signal.removeEventListener('abort', cancel);
      // Otherwise the cancel could hit the next statement on this connection.
      await cancelled;
    }
  }

  /** Cancels by the backend's own pid: a pooler tells the driver another one. Where that has no answer, the connection is given up: the cancel may come late. */
  async #cancel(client: PoolClient, pid: number): Promise<void> {
    try {
      const other = await connectWithin(await this.pool(), ANSWER_MS);
      try {
        const query = { text: 'select pg_cancel_backend($1)', values: [pid], query_timeout: ANSWER_MS };
        await other.query(query);
      } finally {
        other.release();
      }
    } catch {
      (client as PoolClient & Client).connection.stream.destroy();
    }
  }

  /** Nothing to close: the connections belong to the database's pool. */
  async close(): Promise<void> {
    return Promise.resolve();
  }
}
