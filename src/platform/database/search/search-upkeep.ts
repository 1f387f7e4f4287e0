import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, isSqlite } from '../database.js';
import { readRows } from '../read/read-rows.js';
import { Periodic } from '../../scheduling/periodic.js';
import { sqlConstant, type SqlText, sqlText } from '../sql-text.js';
import { createBatchWriter } from '../batch-writer.js';
import { SEARCHED_TABLES, type SearchedTable } from './trigrams.js';

/** Every search opens each piece of the index for each of its trigrams; so many may stay. */
const MOST_PIECES = 4;
/** Pages that a step writes: mostly 1 ms, some 20 for the trigrams that nearly every text has. */
const STEP_PAGES = 4;
const BETWEEN_STEPS_MS = 20;
const STEPS_BETWEEN_LOOKS = 50;
/** An index of gigabytes takes so many; what is left then is left to the next time. */
const MOST_STEPS = 200_000;

const FIRST_DELAY_MS = 60_000;
const INTERVAL_MS = 3_600_000;

/** In how many pieces the search index of a table is. SQLite only. */
export async function searchPieces(database: Database, table: SearchedTable): Promise<number> {
  const statement = sqlText`select count(distinct x.segid) as pieces from ${sqlConstant(`${table}_search_idx`)} x`;
  const [row] = await readRows<[pieces: number]>(database.em.fork(), statement);
  return row?.[0] ?? 0;
}

/** Begins anew with all pieces, or goes on with a merge that was begun. */
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
 * Makes one piece of each search index that has come to be in many, in short steps on a thread of its own, between which others write.
 * What is written meanwhile becomes pieces as always. Stops within a step when told to; the rest is done the next time. Postgres keeps its indexes itself.
 */
export async function mergeSearchIndexes(database: Database, signal?: AbortSignal): Promise<void> {
  if (!isSqlite(database.em)) return;
  for (const table of SEARCHED_TABLES) {
    if ((await searchPieces(database, table)) > MOST_PIECES) await mergeIndex(database, table, signal);
  }
}

/** Merges the search indexes a minute after the start and every hour, until it is stopped. */
export function keepSearchesQuick(database: Database, log: Logger): Periodic {
  const failed = (error: unknown): void => log.warn({ err: error }, 'The search indexes could not be merged; searches answer, and take a little longer.');
  const upkeep = new Periodic(async () => mergeSearchIndexes(database, upkeep.signal).catch(failed), () => INTERVAL_MS);
  upkeep.start(FIRST_DELAY_MS);
  return upkeep;
}
