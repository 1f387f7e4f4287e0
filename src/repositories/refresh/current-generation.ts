import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { BatchWriter } from '../../platform/database/batch-writer.js';
import { writeAtOnce } from '../../platform/database/write-rows.js';
import { CurrentGeneration } from './list-diff.js';
import { AdaptiveBatchSize, type BatchSizeLimits } from './adaptive-batch-size.js';
import { OPEN_GENERATION } from '../entries/repository-image.entity.js';

interface EntryRow {
  id: number;
  uuid: string;
  from_generation: number;
  to_generation: number;
  content_hash: string;
}

type Position = readonly [uuid: string, fromGeneration: number];

/**
 * The list that readers see, by uuid. On the way, what a load left behind that was killed is put in order: rows of a list
 * that never was are deleted, and those that it was about to replace are open again; rows of past lists are deleted. Only
 * for who has the repository's one load.
 */
export async function readCurrentGeneration(em: SqlEntityManager, repositoryId: number, generation: number): Promise<CurrentGeneration> {
  const present = new CurrentGeneration();
  const pace = new AdaptiveBatchSize();
  let after: Position | null = ['', 0];
  while (after !== null) {
    const place: Position = after;
    after = await pace.runBatch(async () => {
      const rows = await rowsAfter(em, repositoryId, place, pace.rows);
      for (const { id, uuid, content_hash, ...row } of rows) {
        if (row.from_generation <= generation && generation < row.to_generation) present.add(uuid, id, content_hash);
      }
      await undoUnfinishedRefresh(em, rows, generation);
      const last = rows.at(-1);
      return last === undefined ? null : ([last.uuid, last.from_generation] as const);
    });
  }
  return present;
}

async function rowsAfter(em: SqlEntityManager, repositoryId: number, [uuid, from]: Position, limit: number): Promise<EntryRow[]> {
  return readObjects<EntryRow>(em, sqlText`select o.id, o.uuid, o.from_generation, o.to_generation, o.content_hash
    from repository_image o where o.repository_id = ${repositoryId} and (o.uuid, o.from_generation) > (${uuid}, ${from})
    order by o.uuid, o.from_generation limit ${limit}`);
}

async function undoUnfinishedRefresh(em: SqlEntityManager, rows: readonly EntryRow[], generation: number): Promise<void> {
  const unseen = rows.filter((row) => row.from_generation > generation || row.to_generation <= generation);
  const closed = rows.filter((row) => row.from_generation <= generation && row.to_generation > generation && row.to_generation !== OPEN_GENERATION);
  if (unseen.length > 0) await writeAtOnce(em, deleteEntries(em, unseen.map((row) => row.id)));
  if (closed.length > 0) await writeAtOnce(em, closeEntries(em, closed.map((row) => row.id), OPEN_GENERATION));
}

/** Lets rows end with a generation, the first that does not show them. */
export function closeEntries(em: SqlEntityManager, ids: readonly number[], toGeneration: number): SqlText {
  return sqlText`update repository_image set to_generation = ${toGeneration} where id in (${listed(em, ids)})`;
}

function deleteEntries(em: SqlEntityManager, ids: readonly number[]): SqlText {
  return sqlText`delete from repository_image where id in (${listed(em, ids)})`;
}

/** As one parameter, so that the statement is the same for any number of ids. */
function listed(em: SqlEntityManager, ids: readonly number[]): SqlText {
  const list = JSON.stringify(ids);
  return isSqlite(em) ? sqlText`select value from json_each(${list})` : sqlText`select value::int from json_array_elements_text(${list}::json)`;
}

/** From how many changed rows on the statistics of the table are taken anew. */
const MIN_ROWS_TO_ANALYZE = 1000;

/**
 * Lets Postgres count what a large load has changed. By itself it looks after a minute, and plans without it read the whole
 * list for each page of it.
 */
export async function analyzeEntries(em: SqlEntityManager, changedRows: number): Promise<void> {
  if (changedRows >= MIN_ROWS_TO_ANALYZE && !isSqlite(em)) await writeAtOnce(em, sqlText`analyze repository_image`);
}

/** Steps of a writer keep others from writing, but not from reading: longer ones, as each costs something by itself. */
export const WRITER_BATCHES: BatchSizeLimits = { firstRows: 64, mostRows: 1024, quickMs: 12, slowMs: 28 };

/** Deletes rows that no reader sees any more. */
export async function deleteEntriesInBatches(em: SqlEntityManager, ids: Float64Array, writer: BatchWriter): Promise<void> {
  const pace = new AdaptiveBatchSize(WRITER_BATCHES);
  // As they lie in the file.
  const ordered = ids.sort();
  for (let at = 0; at < ordered.length; ) {
    const some = [...ordered.subarray(at, at + pace.rows)];
    at += some.length;
    writer.add([deleteEntries(em, some)]);
    const written = await writer.write();
    if (written !== null) pace.adjust(written);
  }
}
