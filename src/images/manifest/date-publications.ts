import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { readObjects, readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import { publicationDate } from './shown-manifest.js';

/** A few milliseconds of work, so that requests wait neither for the thread nor for the database. */
const ROWS_PER_STEP = 200;

interface Undated {
  id: number;
  manifest: string;
  created_at: number | string;
}

/** Whether some image has no date of publication, by which lists of the image server are sorted. */
export async function hasUndatedImages(em: SqlEntityManager): Promise<boolean> {
  return (await readRows(em, sqlText`select i.id from image i where i.published_at is null limit 1`)).length > 0;
}

async function writeDates(tx: SqlEntityManager, dates: readonly [id: number, publishedAt: number][]): Promise<void> {
  if (isSqlite(tx)) {
    for (const [id, publishedAt] of dates) await writeRows(tx, sqlText`update image set published_at = ${publishedAt} where id = ${id}`);
    return;
  }
  const [ids, instants] = [dates.map(([id]) => id), dates.map(([, publishedAt]) => publishedAt)];
  await writeRows(tx, sqlText`update image set published_at = dated.at
    from unnest(cast(${ids} as integer[]), cast(${instants} as bigint[])) as dated(id, at) where image.id = dated.id`);
}

/**
 * Gives a date of publication to the images that have none: rows that are older than the column or that another program wrote, with
 * dates in a form that the database could not read. Several processes may do this at once, each on rows of its own.
 */
export async function datePublications(em: SqlEntityManager): Promise<void> {
  const undated = isSqlite(em)
    ? sqlText`select i.id, i.manifest, i.created_at from image i where i.published_at is null limit ${ROWS_PER_STEP}`
    : sqlText`select i.id, i.manifest, i.created_at from image i where i.published_at is null limit ${ROWS_PER_STEP} for no key update skip locked`;
  for (;;) {
    const dated = await inTransaction(em, async (tx) => {
      const rows = await readObjects<Undated>(tx, undated);
      await writeDates(tx, rows.map((row) => [row.id, publicationDate(row.manifest, new Date(Number(row.created_at))).getTime()]));
      return rows.length;
    });
    if (dated < ROWS_PER_STEP) return;
    await nextTurn();
  }
}
