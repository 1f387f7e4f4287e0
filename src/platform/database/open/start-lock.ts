import type { Client } from 'pg';
import type { DatabaseTarget } from '../database.js';
import { createPostgresClient } from '../postgres/postgres-connections.js';

/** The database frees the lock of a process that is not heard of for 10 s, as it is frozen. */
const LOSE_WHEN_SILENT = 'set idle_session_timeout = 10000';
const SIGN_OF_LIFE = 'select 1';
const SIGN_MS = 2000;
const LOCK = "select pg_advisory_lock(hashtext('image-gateway start'))";

/**
 * Runs work that only one process of a Postgres database may do at a time, such as its migrations: the others wait. The lock belongs to a
 * connection of its own, so it is free again when its process dies or stands still. On SQLite a lock beside the file keeps other processes out anyway.
 */
export async function withStartLock<T>(target: DatabaseTarget, work: () => Promise<T>): Promise<T> {
  if (target.kind === 'sqlite') return work();
  const client: Client = createPostgresClient(target.directUrl ?? target.url);
  // Without a listener, a connection that breaks would end the process.
  client.on('error', () => undefined);
  await client.connect();
  let signs: NodeJS.Timeout | undefined;
  try {
    await client.query(LOSE_WHEN_SILENT);
    await client.query(LOCK);
    signs = setInterval(() => void client.query(SIGN_OF_LIFE).catch(() => undefined), SIGN_MS);
    return await work();
  } finally {
    clearInterval(signs);
    await client.end().catch(() => undefined);
  }
}
