import type { Client } from 'pg';
import { createPostgresClient } from './postgres-connections.js';
import { problemOf } from './connection-problem.js';
import { PostgresUnreachable } from './postgres-unreachable.js';

/** Versions that are tested; older ones are no longer maintained by anybody. */
const OLDEST_MAJOR_VERSION = 14;
const ANSWER_TIMEOUT_MS = 4000;

/** What a start has to know of a Postgres. */
export interface ReachedPostgres {
  /** A pooler stands in between, which may give each transaction another connection. */
  isPooled: boolean;
  /** LISTEN hears what others notify: no pooler stands before the direct URL. */
  isDirect: boolean;
}

/**
 * Connects once, before anything else is made, so that a database that is not there, or that is too old, is told at once and in one
 * sentence. Throws PostgresUnreachable.
 */
export async function reachPostgres({ url, directUrl = url }: { url: string; directUrl?: string }): Promise<ReachedPostgres> {
  const [reached, direct] = await Promise.all([reach('DATABASE_URL', url), directUrl === url ? null : reach('DATABASE_DIRECT_URL', directUrl)]);
  return { isPooled: reached.isPooled, isDirect: !(direct ?? reached).isPooled };
}

async function reach(setting: string, url: string): Promise<{ isPooled: boolean }> {
  let client: Client | null = null;
  try {
    client = createPostgresClient(url, { timeoutMs: ANSWER_TIMEOUT_MS });
    // Without a listener, a connection that breaks later would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return await ask(client, setting, url);
  } catch (error) {
    if (error instanceof PostgresUnreachable) throw error;
    throw new PostgresUnreachable(setting, url, problemOf(error), { cause: error });
  } finally {
    await client?.end().catch(() => undefined);
  }
}

async function ask(client: Client, setting: string, url: string): Promise<{ isPooled: boolean }> {
  const { rows } = await client.query<{ version: string; number: string; pid: number }>(
    "select current_setting('server_version') as version, current_setting('server_version_num') as number, pg_backend_pid() as pid",
  );
  const [answer] = rows;
  const version = Math.trunc(Number(answer?.number) / 10_000);
  if (!(version >= OLDEST_MAJOR_VERSION)) {
    throw new PostgresUnreachable(setting, url, `the server is Postgres ${answer?.version}; the gateway needs version ${OLDEST_MAJOR_VERSION} or newer`);
  }
  // A pooler makes up the process id that it tells its clients.
  const { processID } = client as Client & { processID: number | null };
  return { isPooled: processID !== answer?.pid };
}
