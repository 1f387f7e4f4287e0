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
  if (!isSqlite(em)) return countWhere(em, list, []);
  const [row] = await readRows<[number | null]>(em, sqlText`select max(id) as last from image`);
  const last = row?.[0] ?? 0;
  const id = plainText(list.order.id);
  let total = 0;
  for (let from = 0; from < last; from += IDS_PER_STEP) {
    if (from > 0) await nextTurn();
    total += await countWhere(em, list, [sqlText`${id} > ${from} and ${id} <= ${from + IDS_PER_STEP}`]);
  }
  return total;
}

async function countWhere(em: SqlEntityManager, list: ListStatement, further: readonly Condition[]): Promise<number> {
  const where = allOf([list.where, ...further]);
  const [row] = await readRows<[number | string]>(em, sqlText`select count(*) as total from ${list.counted ?? list.from} where ${where}`);
  return Number(row?.[0] ?? 0);
}
