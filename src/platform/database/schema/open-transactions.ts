import type { Database } from '../open/orm-settings.js';
import { queryOf } from '../kysely-query.js';
import { sqlText } from '../sql-text.js';

/** Who has locked a table of the gateway for longer than a change takes, whoever has for the longest time first. A role that is no superuser sees no state and time of others. */
const LOCKING = sqlText`select a.pid, cast(a.usename as text) as role, a.application_name as application, a.state, cast(floor(extract(epoch from clock_timestamp() - a.xact_start)) as integer) as seconds
  from pg_stat_activity a
  where a.pid in (select l.pid from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
      where l.granted and l.database = (select d.oid from pg_database d where d.datname = current_database()) and n.nspname = current_schema())
    and a.pid <> pg_backend_pid() and (a.xact_start is null or a.xact_start < clock_timestamp() - interval '0.5 seconds')
  order by a.xact_start limit 3`;
interface LockingRow {
  pid: number;
  role: string | null;
  application: string | null;
  state: string | null;
  seconds: number | null;
}

/** Any client of the database chooses this name. */
const LONGEST_NAME = 60;

/** Those who keep tables locked, in words for an operator, who can end each by its pid; no statement, which may have anything in it. */
export async function openTransactions(database: Database): Promise<string> {
  const { rows } = await database.em.fork().getKysely().executeQuery<LockingRow>(queryOf(LOCKING, 'postgres')).catch(() => ({ rows: [] }));
  if (rows.length === 0) return 'by transactions that have ended again';
  return rows.map(({ pid, role, application, state, seconds }) => `pid ${pid} (${[role, application?.slice(0, LONGEST_NAME), state, seconds === null ? null : `for ${seconds} s`].filter(Boolean).join(', ')})`).join(', ');
}
