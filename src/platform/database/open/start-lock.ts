import type { Client } from 'pg';
import type { DatabaseTarget } from '../database.js';
import { createPostgresClient } from '../postgres/postgres-connections.js';

const LOCK = "select pg_advisory_lock(hashtext('image-gateway start'))";

/**
 * Runs work that only one process of a Postgres database may do at a time, such as its migrations: the others wait. The lock belongs to a
 * connection of its own, so it is free again when its process dies. On SQLite a lock beside the file keeps other processes out anyway.
 */
export async function withStartLock<T>(target: DatabaseTarget, work: () => Promise<T>): Promise<T> {
  if (target.kind === 'sqlite') return work();
  const client: Client = createPostgresClient(target.directUrl ?? target.url);
  // Without a listener, a connection that breaks would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(LOCK);
    return await work();
  } finally {
    await client.end().catch(() => undefined);
  }
}
