import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../database.js';
import { throughKysely } from '../read/read-rows.js';
import { sqlText } from '../sql-text.js';

/** A connection that was just closed is listed for a moment. */
const LONGEST_WAIT_MS = 3000;
const POLL_MS = 100;

/** How many other connections of gateways this Postgres database has. */
export async function connectedGateways(database: Database): Promise<number> {
  for (const until = Date.now() + LONGEST_WAIT_MS; ; ) {
    const { rows } = await throughKysely(database.em.fork(), sqlText`select count(*) as count from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name = current_setting('application_name')`);
    const count = Number((rows as { count: string }[])[0]?.count ?? 0);
    if (count === 0 || Date.now() > until) return count;
    await wait(POLL_MS);
  }
}
