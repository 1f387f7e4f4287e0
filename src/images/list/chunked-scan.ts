import type { Column } from '../../platform/database/columns.js';
import { allOf, type Condition } from '../../platform/database/list/conditions.js';
import { cachedCounts } from '../../platform/database/list/selectivity.js';
import { type KeysetOrder, keysetConditions, keysetOrderBy } from '../../platform/database/list/keyset.js';
import { type CursorForm, LARGEST_PAGE, type OrderDirection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { listed, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { joinTexts, sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { IdSelect } from './image-filter.js';

/** A page, and the condition over images `i` that its rows meet. */
export interface ScannedPage {
  where: Condition;
  page: PageArgs;
  column: Column;
  direction: OrderDirection;
  form: CursorForm;
}

/** Images checked to estimate how many of all meet the condition; they take a millisecond. */
const SAMPLE = 512;
/** Below this many matches in the sample, an index scan would look at thousands of images for a page. */
const DENSE_MATCHES = 8;
/** Ids in one chunk, some 20 ms: other requests are served between chunks, and the scan ends there if its caller has gone. */
const IDS_PER_CHUNK = 10_000;
/** Above this many ids, those found so far are reduced to the ids of one page. */
const MOST_FOUND = 1000;

/** The select that finds fewest ids in a chunk from the middle of all ids. */
async function shortestOf(em: Reads, selects: readonly [IdSelect, ...IdSelect[]]): Promise<IdSelect> {
  const middle = sqlText`x.image_id > (select max(n.id) / 2 from image n)
    and x.image_id <= (select max(n.id) / 2 from image n) + ${sqlInteger(IDS_PER_CHUNK, { max: IDS_PER_CHUNK })}`;
  const columns = selects.map((select, at) => sqlText`(select count(*) from (${select(middle)})) as c${sqlInteger(at, { max: selects.length })}`);
  const counts = await cachedCounts(em, sqlText`select ${joinTexts(columns, ', ')}`, { heavy: true });
  return selects[counts.indexOf(Math.min(...counts))] ?? selects[0];
}

/**
 * SQLite only: the ids of a page whose images are so rare among `ordered` that an index scan in the order of the list would take long;
 * null when they are not rare. Scans the ids of the shortest of the selects chunk by chunk.
 */
export async function chunkedScan(em: Reads, ordered: IdSelect, others: readonly IdSelect[], scanned: ScannedPage): Promise<SqlText | null> {
  const middle = sqlText`x.image_id > (select max(n.id) / 2 from image n) limit ${sqlInteger(SAMPLE, { max: SAMPLE })}`;
  const [matches = 0] = await cachedCounts(em, sqlText`select count(*) as passed from (${ordered(middle)}) w cross join image i where i.id = w.id and ${scanned.where}`, {});
  if (matches >= DENSE_MATCHES) return null;
  const select = await shortestOf(em, [ordered, ...others]);
  const page = readPage(scanned.page, scanned.form);
  const order: KeysetOrder = { column: scanned.column, id: 'i.id', direction: scanned.direction };
  const where = allOf([scanned.where, ...keysetConditions(page, order)]);
  const firstOf = async (ids: SqlText): Promise<number[]> => {
    const text = sqlText`select i.id from (${ids}) w cross join image i where i.id = w.id and ${where}
      order by ${keysetOrderBy(page, order)} limit ${sqlInteger(page.limit + 1, { max: LARGEST_PAGE + 1 })}`;
    return (await readRows<[number]>(em, text, { heavy: true })).map(([id]) => id);
  };
  const [row] = await readRows<[number | null]>(em, sqlText`select max(n.id) as last from image n`);
  const last = row?.[0] ?? 0;
  let found: number[] = [];
  for (let from = 0; from < last; from += IDS_PER_CHUNK) {
    found.push(...(await firstOf(select(sqlText`x.image_id > ${from} and x.image_id <= ${from + IDS_PER_CHUNK}`))));
    if (found.length > MOST_FOUND) found = await firstOf(listed(em, found));
  }
  return listed(em, found);
}
