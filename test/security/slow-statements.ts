import type { Database } from '../../src/platform/database/database.js';
import { isSqlite } from '../../src/platform/database/database.js';
import { heavyReadsOf } from '../../src/platform/database/read/heavy-reads.js';
import type { Operation } from '../../src/platform/database/read/operation.js';
import { type SqlText, sqlText } from '../../src/platform/database/sql-text.js';

/** Takes minutes. */
const ENDLESS = sqlText`with recursive c (n) as (select 1 union all select n + 1 from c where n < 10000000000) select count(*) as total, max(n) as last from c`;

/** Puts a statement that does not end in the place of each heavy one of a user; the function puts everything back. */
export function slowDown(database: Database, username: string): () => void {
  const heavy = heavyReadsOf(database.driver);
  if (heavy === undefined) throw new Error('The database has no heavy reads.');
  const read = heavy.read.bind(heavy);
  heavy.read = async <R>(text: SqlText, asObjects: boolean, operation: Operation | null): Promise<R[]> =>
    read<R>(operation?.user === username ? ENDLESS : text, asObjects, operation);
  return () => void (heavy.read = read);
}

/** Heavy statements that the database is still busy with. */
export async function busyWith(database: Database): Promise<number> {
  if (isSqlite(database.em)) return heavyReadsOf(database.driver)?.running ?? 0;
  const text = "select count(*) as busy from pg_stat_activity where state = 'active' and query like 'with recursive c %'";
  const [row] = await database.em.getConnection().execute<{ busy: string }[]>(text);
  return Number(row?.busy);
}
