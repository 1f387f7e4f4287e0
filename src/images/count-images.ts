import { setImmediate as nextTurn } from 'node:timers/promises';
import { allOf, type Condition } from '../platform/conditions.js';
import { isSqlite, type SqlEntityManager } from '../platform/database.js';
import type { ListStatement } from '../platform/read-page.js';
import { readRows } from '../platform/read-rows.js';
import { plainText, sqlText } from '../platform/sql-text.js';

/** Ids that one step of a count may look at on SQLite: some 10 ms. */
const IDS_PER_STEP = 10_000;

/**
 * How many images a list holds, exactly: an estimate would be no count. It costs as long as the list is large, so on SQLite,
 * where nothing else can be read meanwhile, it goes in steps that let everybody else have a turn.
 */
export async function countImages(em: SqlEntityManager, list: ListStatement): Promise<number> {
  const id = plainText(list.order.id);
  const count = async (further: readonly Condition[]): Promise<{ total: number; last: number }> => {
    const where = allOf([list.where, ...further]);
    const [row] = await readRows<[number | string, number | null]>(
      em,
      sqlText`select count(*) as total, (select max(n.id) from image n) as last from ${list.counted ?? list.from} where ${where}`,
    );
    return { total: Number(row?.[0] ?? 0), last: row?.[1] ?? 0 };
  };
  if (!isSqlite(em)) return (await count([])).total;
  for (let from = 0, total = 0; ; from += IDS_PER_STEP) {
    const step = await count([sqlText`${id} > ${from} and ${id} <= ${from + IDS_PER_STEP}`]);
    total += step.total;
    if (from + IDS_PER_STEP >= step.last) return total;
    await nextTurn();
  }
}
