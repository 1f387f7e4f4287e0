import type { Pool, PoolClient, QueryResult } from 'pg';
import { postgresText } from './postgres-text.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';
import { lockTimeoutOf } from './statement-timeout.js';
import type { HeavyReader, ReadLimit } from './heavy-reads.js';

/** The largest statement_timeout of Postgres. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Reads that Postgres cancels when their time is over or their caller has disconnected. The timeout is set per transaction: a pooler may
 * switch connections between transactions, and refuses it as a connection parameter.
 */
export class TimedPostgresReader implements HeavyReader {
  constructor(private readonly pool: () => Promise<Pool>) {}

  async read(statement: SqlText, asObjects: boolean, limit: ReadLimit): Promise<unknown[]> {
    const client = await (await this.pool()).connect();
    let isUsable = false;
    try {
      limit.signal.throwIfAborted();
      const rows = await this.#within(client, statement, asObjects, limit);
      isUsable = true;
      return rows;
    } catch (error) {
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
    const begun = await client.query(sqlText`begin isolation level read committed read only; set local statement_timeout = ${limit}; set local lock_timeout = ${lockLimit}; select pg_backend_pid() as pid`.text);
    const [, , , backend] = begun as unknown as QueryResult<{ pid: number }>[];
    let cancelled: Promise<void> | null = null;
    const cancel = (): void => {
      cancelled = this.#cancel(backend?.rows[0]?.pid ?? 0);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const began = performance.now();
    try {
      signal.throwIfAborted();
      const { rows } = await (asObjects ? client.query<Record<string, unknown>>(text, values) : client.query({ text, values, rowMode: 'array' }));
      await client.query('commit');
      return rows as unknown[];
    } finally {
      time.waitMs += performance.now() - began;
      signal.removeEventListener('abort', cancel);
      // Otherwise the cancel could hit the next statement on this connection.
      await cancelled;
    }
  }

  /** Cancels by the backend's own pid: a pooler tells the driver another one. */
  async #cancel(pid: number): Promise<void> {
    const pool = await this.pool();
    await pool.query('select pg_cancel_backend($1)', [pid]).catch(() => undefined);
  }

  /** Nothing to close: the connections belong to the database's pool. */
  async close(): Promise<void> {
    return Promise.resolve();
  }
}
