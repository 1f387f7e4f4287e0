import type { Column } from '../../platform/database/columns.js';
import { allOf, type Condition } from '../../platform/database/list/conditions.js';
import { cachedCounts } from '../../platform/database/list/selectivity.js';
import { type KeysetOrder, keysetConditions, keysetOrderBy } from '../../platform/database/list/keyset.js';
import { LARGEST_PAGE, type OrderDirection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { listed, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { joinTexts, sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';

/** A page, and the condition over images `i` that its rows pass. */
export interface PageAsked {
  where: Condition;
  page: PageArgs;
  column: Column;
  direction: OrderDirection;
  kind: 'string' | 'number';
}

/** Images looked at to guess how many pass: a millisecond. */
const SAMPLE = 512;
/** When fewer of them pass, a walk along the order would look at thousands for a page. */
const MANY = 8;
/** Ids that one step looks at, some 20 ms: between two steps others have their turn, and what nobody waits for ends. */
const IDS_PER_STEP = 10_000;
/** Ids kept before they are reduced to those of the page. */
const MOST_KEPT = 1000;

/** Ids `x.image_id` of a list that the page is a part of, as far as they are within a further condition. */
export type IdsIn = (further: Condition) => SqlText;

/** Of several lists the one that looks shortest in the middle of all ids. */
async function shortestOf(em: Reads, lists: readonly [IdsIn, ...IdsIn[]]): Promise<IdsIn> {
  const middle = sqlText`x.image_id > (select max(n.id) / 2 from image n)
    and x.image_id <= (select max(n.id) / 2 from image n) + ${sqlInteger(IDS_PER_STEP, { max: IDS_PER_STEP })}`;
  const counts = await cachedCounts(em, sqlText`select ${joinTexts(lists.map((idsIn, at) => sqlText`(select count(*) from (${idsIn(middle)})) as c${sqlInteger(at, { max: lists.length })}`), ', ')}`, { heavy: true });
  return lists[counts.indexOf(Math.min(...counts))] ?? lists[0];
}

/**
 * SQLite only: ids among which all of a page are, when what passes of `walked` lies so thin that walking along
 * the order of the list would take long; null when it does not. Looks at all ids of the shortest of the lists, in steps.
 */
export async function chunkedScan(em: Reads, walked: IdsIn, others: readonly IdsIn[], asked: PageAsked): Promise<SqlText | null> {
  const middle = sqlText`x.image_id > (select max(n.id) / 2 from image n) limit ${sqlInteger(SAMPLE, { max: SAMPLE })}`;
  const [passed = 0] = await cachedCounts(em, sqlText`select count(*) as passed from (${walked(middle)}) w cross join image i where i.id = w.id and ${asked.where}`, {});
  if (passed >= MANY) return null;
  const idsIn = await shortestOf(em, [walked, ...others]);
  const page = readPage(asked.page, asked.kind, 'number');
  const order: KeysetOrder = { column: asked.column, id: 'i.id', direction: asked.direction };
  const where = allOf([asked.where, ...keysetConditions(page, order)]);
  const first = async (ids: SqlText): Promise<number[]> => {
    const text = sqlText`select i.id from (${ids}) w cross join image i where i.id = w.id and ${where}
      order by ${keysetOrderBy(page, order)} limit ${sqlInteger(page.limit + 1, { max: LARGEST_PAGE + 1 })}`;
    return (await readRows<[number]>(em, text, { heavy: true })).map(([id]) => id);
  };
  const [row] = await readRows<[number | null]>(em, sqlText`select max(n.id) as last from image n`);
  const last = row?.[0] ?? 0;
  let kept: number[] = [];
  for (let from = 0; from < last; from += IDS_PER_STEP) {
    kept.push(...(await first(idsIn(sqlText`x.image_id > ${from} and x.image_id <= ${from + IDS_PER_STEP}`))));
    if (kept.length > MOST_KEPT) kept = await first(listed(em, kept));
  }
  return listed(em, kept);
}
