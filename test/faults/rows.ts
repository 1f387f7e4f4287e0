import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import type { DatabaseTarget } from '../../src/platform/database/database.js';

/** Reads and writes the database beside the gateways, on a connection of its own, past any pooler. */
export interface Rows {
  isSqlite: boolean;
  /** Tried again for as long as the database is away. */
  read<T>(sql: string): Promise<T[]>;
  /** Null when the database does not answer now. */
  tryToRead<T>(sql: string): Promise<T[] | null>;
  /** Several statements at once. */
  execute(sql: string): Promise<void>;
  close(): Promise<void>;
}

const RETRY_MS = 200;
/** Longer than any outage that is injected. */
const PATIENCE_MS = 60_000;

async function untilItAnswers<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + PATIENCE_MS; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function rowsOver(isSqlite: boolean, ask: <T>(sql: string) => Promise<T[]>, rest: Pick<Rows, 'execute' | 'close'>): Rows {
  return {
    isSqlite,
    read: async (sql) => untilItAnswers(async () => ask(sql)),
    tryToRead: async <T>(sql: string) => ask<T>(sql).catch(() => null),
    ...rest,
  };
}

/** Opens the rows of that database. */
export function openRows(target: DatabaseTarget): Rows {
  if (target.kind === 'postgres') {
    const pool = new Pool({ connectionString: target.url, max: 2, application_name: 'observer', connectionTimeoutMillis: 2000, query_timeout: 10_000 });
    pool.on('error', () => undefined);
    const ask = async <T>(sql: string): Promise<T[]> => (await pool.query(sql)).rows as T[];
    return rowsOver(false, ask, { execute: async (sql) => void (await pool.query(sql)), close: async () => pool.end() });
  }
  const within = <T>(work: (file: DatabaseSync) => T): T => {
    const file = new DatabaseSync(target.path, { timeout: 5000 });
    try {
      return work(file);
    } finally {
      file.close();
    }
  };
  // Opened anew each time, as an open reader would hold up the checkpoints of the gateway.
  const ask = async <T>(sql: string): Promise<T[]> => within((file) => file.prepare(sql).all() as T[]);
  return rowsOver(true, ask, { execute: async (sql) => within((file) => file.exec(sql)), close: async () => undefined });
}
