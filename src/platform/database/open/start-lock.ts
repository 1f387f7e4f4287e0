import type { Client } from 'pg';
import type { DatabaseTarget } from '../database.js';
import type { ToldWaits } from '../schema/apply-migrations.js';
import { createPostgresClient } from '../postgres/postgres-connections.js';

/** The database frees the lock of a process that is not heard of for 10 s, as it is frozen. */
const LOSE_WHEN_SILENT = 'set idle_session_timeout = 10000';
const SIGN_OF_LIFE = 'select 1';
const SIGN_MS = 2000;
const LOCK = "select pg_advisory_lock(hashtext('image-gateway start'))";
/** How long it waits before it says so once, and then with each time twice as long. */
const TELL_MS = 3000;
const LIMIT_WAIT = `set lock_timeout = ${TELL_MS}`;
const LOCKED = '55P03';
/** Any client of the database chooses the name of its application. */
const LONGEST_NAME = 60;
const HOLDER = `select a.pid, a.usename, a.application_name from pg_locks l join pg_stat_activity a using (pid)
  where l.locktype = 'advisory' and l.granted and l.objid = cast(cast(hashtext('image-gateway start') as bigint) & 4294967295 as oid) and l.database = (select oid from pg_database where datname = current_database())`;

/**
 * Runs work that only one process of a Postgres database may do at a time, such as its migrations: the others wait. The lock belongs to a
 * connection of its own, so it is free again when its process dies or stands still. On SQLite a lock beside the file keeps other processes out anyway.
 */
export async function withStartLock<T>(target: DatabaseTarget, told: ToldWaits, work: () => Promise<T>): Promise<T> {
  if (target.kind === 'sqlite') return work();
  const client: Client = createPostgresClient(target.directUrl ?? target.url);
  // Without a listener, a connection that breaks would end the process.
  client.on('error', () => undefined);
  await client.connect();
  let signs: NodeJS.Timeout | undefined;
  try {
    await client.query(LOSE_WHEN_SILENT);
    await lock(client, told);
    signs = setInterval(() => void client.query(SIGN_OF_LIFE).catch(() => undefined), SIGN_MS);
    return await work();
  } finally {
    clearInterval(signs);
    await client.end().catch(() => undefined);
  }
}

/** Waits for the lock, and tells who has it: a start that is slow, or a session of an operator. */
async function lock(client: Client, told: ToldWaits): Promise<void> {
  await client.query(LIMIT_WAIT);
  for (let waits = 1; ; waits += 1) {
    try {
      await client.query(LOCK);
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCKED) throw error;
      if (Number.isInteger(Math.log2(waits))) told(`The start waits for another process that starts or migrates the database: ${await holderOf(client)}.`);
    }
  }
}

async function holderOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; usename: string; application_name: string }>(HOLDER);
  const [holder] = rows;
  return holder === undefined ? 'one that has just ended' : `pid ${holder.pid} of Postgres (${[holder.usename, holder.application_name.slice(0, LONGEST_NAME)].filter(Boolean).join(', ')})`;
}
