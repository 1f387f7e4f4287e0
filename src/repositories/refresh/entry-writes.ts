import { AdaptiveBatchSize, type BatchSizeLimits } from '../../platform/scheduling/adaptive-batch-size.js';
import type { BatchWriter } from '../../platform/database/batch-writer.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { writeAtOnce } from '../../platform/database/write-rows.js';

/** A batch of a BatchWriter blocks other writers, but no reader: longer batches are fine, and each has a fixed cost. */
export const WRITER_BATCHES: BatchSizeLimits = { firstRows: 64, mostRows: 1024, quickMs: 12, slowMs: 28 };

/** Sets the first generation that no longer shows these entries. */
export function closeEntries(em: SqlEntityManager, ids: readonly number[], toGeneration: number): SqlText {
  return sqlText`update repository_image set to_generation = ${toGeneration} where id in (${idList(em, ids)})`;
}

export function deleteEntries(em: SqlEntityManager, ids: readonly number[]): SqlText {
  return sqlText`delete from repository_image where id in (${idList(em, ids)})`;
}

/** Passes the ids as one parameter, so that the statement text is the same for any number of them. */
function idList(em: SqlEntityManager, ids: readonly number[]): SqlText {
  const json = JSON.stringify(ids);
  return isSqlite(em) ? sqlText`select value from json_each(${json})` : sqlText`select value::int from json_array_elements_text(${json}::json)`;
}

/** Deletes entries that no reader sees any more. */
export async function deleteEntriesInBatches(em: SqlEntityManager, ids: Float64Array, writer: BatchWriter): Promise<void> {
  const batchSize = new AdaptiveBatchSize(WRITER_BATCHES);
  // Ascending ids lie next to each other in the file.
  const ordered = ids.sort();
  for (let at = 0; at < ordered.length; ) {
    const batch = [...ordered.subarray(at, at + batchSize.rows)];
    at += batch.length;
    writer.add([deleteEntries(em, batch)]);
    const written = await writer.write();
    if (written !== null) batchSize.adjust(written);
  }
}

const MIN_ROWS_TO_ANALYZE = 1000;

/**
 * Updates the statistics of Postgres after a large refresh. Its autovacuum waits a minute, and without statistics the planner
 * reads the whole list for each page.
 */
export async function analyzeEntries(em: SqlEntityManager, changedRows: number): Promise<void> {
  if (changedRows >= MIN_ROWS_TO_ANALYZE && !isSqlite(em)) await writeAtOnce(em, sqlText`analyze repository_image`);
}
