import type { Column } from '../../platform/database/columns.js';
import { allOf, type Condition } from '../../platform/database/list/conditions.js';
import { isSqlite } from '../../platform/database/database.js';
import type { ListStatement } from '../../platform/database/list/read-page.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';

/** Ids in one chunk of a count on SQLite, some 10 ms: other requests are served between chunks, and the count ends there if its caller has gone. */
const IDS_PER_CHUNK = 10_000;

type Count = (further: readonly Condition[]) => Promise<number>;

async function atOnce(_em: Reads, _id: Column, count: Count): Promise<void> {
  await count([]);
}

/**
 * Counts exactly, which takes longer the more there is to count. SQLite counts on few connections, so there it counts chunk by chunk of
 * the ids of images. `count` returns the last id of all.
 */
async function inChunks(em: Reads, id: Column, count: Count): Promise<void> {
  if (!isSqlite(em)) return atOnce(em, id, count);
  const column = sqlConstant(id);
  for (let from = 0; ; from += IDS_PER_CHUNK) {
    const last = await count([sqlText`${column} > ${from} and ${column} <= ${from + IDS_PER_CHUNK}`]);
    if (from + IDS_PER_CHUNK >= last) return;
  }
}

const LAST = sqlText`(select max(n.id) from image n) as last`;

/** How many images a list holds; `isSelective` lists are counted at once. */
export async function countImages(em: Reads, list: ListStatement, isSelective = false): Promise<number> {
  let total = 0;
  const counting = isSelective ? atOnce : inChunks;
  await counting(em, list.order.id, async (further) => {
    const where = allOf([list.where, ...further]);
    const [row] = await readRows<[number | string, number | null]>(em, sqlText`select count(*) as total, ${LAST} from ${list.counted ?? list.from} where ${where}`, { heavy: true });
    total += Number(row?.[0] ?? 0);
    return row?.[1] ?? 0;
  });
  return total;
}

/** How many attachments `x` of each datacenter lead to an image `i` that meets the condition. */
export async function countPerDatacenter(em: Reads, ids: readonly number[], condition: Condition): Promise<number[]> {
  const totals = new Map<number, number>();
  await inChunks(em, 'x.image_id', async (further) => {
    const where = allOf([amongIds(em, 'x.datacenter_id', ids), condition, ...further]);
    const rows = await readRows<[id: number | null, total: number | string | null]>(
      em,
      sqlText`select x.datacenter_id as id, count(*) as total from image_attachment x cross join image i where i.id = x.image_id and ${where} group by x.datacenter_id
        union all select null, max(n.id) from image n`,
      { heavy: true },
    );
    let last = 0;
    for (const [id, total] of rows) {
      if (id === null) last = Number(total ?? 0);
      else totals.set(id, (totals.get(id) ?? 0) + Number(total));
    }
    return last;
  });
  return ids.map((id) => totals.get(id) ?? 0);
}
