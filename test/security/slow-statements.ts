import type { Database } from '../../src/platform/database.js';
import { isSqlite } from '../../src/platform/database.js';
import { heavyReadsOf } from '../../src/platform/reads/heavy-reads.js';
import type { Operation } from '../../src/platform/reads/operation.js';
import { sqlInteger, type SqlText, sqlText } from '../../src/platform/sql-text.js';

const ENDLESS = 10_000_000_000;

/** Puts a statement that takes so long in the place of each heavy one; the function puts everything back. Tells whose turn it was when one was answered. */
export function slowDown(database: Database, rows: number = ENDLESS, answered: (user: string) => void = () => undefined): () => void {
  const heavy = heavyReadsOf(database.driver);
  if (heavy === undefined) throw new Error('The database has no heavy reads.');
  const read = heavy.read.bind(heavy);
  const text = sqlText`with recursive c (n) as (select 1 union all select n + 1 from c where n < ${sqlInteger(rows, { max: ENDLESS })}) select count(*) as total, max(n) as last from c`;
  heavy.read = async <R>(_text: SqlText, asObjects: boolean, operation: Operation | null): Promise<R[]> => {
    const result = await read<R>(text, asObjects, operation);
    answered(operation?.user ?? '');
    return result;
  };
  return () => void (heavy.read = read);
}

/** Heavy statements that the database is still busy with. */
export async function busyWith(database: Database): Promise<number> {
  if (isSqlite(database.em)) return heavyReadsOf(database.driver)?.running ?? 0;
  const text = "select count(*) as busy from pg_stat_activity where state = 'active' and query like 'with recursive c %'";
  const [row] = await database.em.getConnection().execute<{ busy: string }[]>(text);
  return Number(row?.busy);
}
