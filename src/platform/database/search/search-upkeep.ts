import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, isSqlite } from '../database.js';
import { readRows } from '../read/read-rows.js';
import { Periodic } from '../../scheduling/periodic.js';
import { sqlConstant, type SqlText, sqlText } from '../sql-text.js';
import { createBatchWriter } from '../batch-writer.js';
import { SEARCHED_TABLES, type SearchedTable } from './trigrams.js';

/** A search reads every segment of the index for each trigram: more segments than this are merged. */
const MOST_PIECES = 4;
/** Pages per merge step: mostly 1 ms, about 20 ms for trigrams that nearly every text has. */
const STEP_PAGES = 4;
const BETWEEN_STEPS_MS = 20;
const STEPS_BETWEEN_LOOKS = 50;
/** Enough for an index of gigabytes; the next round does the rest. */
const MOST_STEPS = 200_000;

const FIRST_DELAY_MS = 60_000;
const INTERVAL_MS = 3_600_000;

/** Counts the segments of a search index. SQLite only. */
export async function searchPieces(database: Database, table: SearchedTable): Promise<number> {
  const statement = sqlText`select count(distinct x.segid) as pieces from ${sqlConstant(`${table}_search_idx`)} x`;
  const [row] = await readRows<[pieces: number]>(database.em.fork(), statement);
  return row?.[0] ?? 0;
}

/** Starts a merge of all segments, or continues the one that was started. */
function mergeStep(table: SearchedTable, begins: boolean): SqlText {
  const index = sqlConstant(`${table}_search`);
  return sqlText`insert into ${index} (${index}, rank) values ('merge', ${begins ? -STEP_PAGES : STEP_PAGES})`;
}

async function mergeIndex(database: Database, table: SearchedTable, signal: AbortSignal | undefined): Promise<void> {
  await using writer = createBatchWriter(database);
  for (let step = 1; step <= MOST_STEPS; step += 1) {
    if (signal?.aborted) return;
    writer.add([mergeStep(table, step === 1)]);
    await writer.write();
    if (step % STEPS_BETWEEN_LOOKS === 0 && (await searchPieces(database, table)) <= MOST_PIECES) return;
    await sleep(BETWEEN_STEPS_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/**
 * Merges the segments of search indexes that have too many, in short steps on a worker thread, between which others can write. Stops
 * within a step when aborted; the next round does the rest. Postgres maintains its indexes itself.
 */
export async function mergeSearchIndexes(database: Database, signal?: AbortSignal): Promise<void> {
  if (!isSqlite(database.em)) return;
  for (const table of SEARCHED_TABLES) {
    if ((await searchPieces(database, table)) > MOST_PIECES) await mergeIndex(database, table, signal);
  }
}

/** Merges the search indexes a minute after the start and every hour, until it is stopped. */
export function maintainSearchIndexes(database: Database, log: Logger): Periodic {
  const failed = (error: unknown): void => log.warn({ err: error }, 'The search indexes could not be merged; searches answer, and take a little longer.');
  const upkeep = new Periodic(async () => mergeSearchIndexes(database, upkeep.signal).catch(failed), () => INTERVAL_MS);
  upkeep.start(FIRST_DELAY_MS);
  return upkeep;
}
