import { comparisonKey, searchForm, storedText } from '../../display-text.js';
import { isSqlite, type SqlEntityManager } from '../database.js';
import { throughKysely } from '../read/read-rows.js';
import type { Reads } from '../read/reads.js';
import { type SqlText, sqlText } from '../sql-text.js';
import { writeAtOnce } from '../write-rows.js';

/** Rows read and written at a time. */
const BATCH = 500;

/** The rows of a select on the connection of the migration, as arrays. */
async function rowsOf<R>(em: SqlEntityManager, text: SqlText): Promise<R[]> {
  return (await throughKysely(em, text)).rows.map((row) => Object.values(row)) as R[];
}

/** Texts in ASCII without outer spaces are stored as they should be; their keys are made by SQL. */
function needsCare(em: Reads, text: SqlText): SqlText {
  return isSqlite(em)
    ? sqlText`(length(cast(${text} as blob)) <> length(${text}) or ${text} <> trim(${text}))`
    : sqlText`(octet_length(${text}) <> char_length(${text}) or ${text} <> trim(${text}))`;
}

/** A display text as it is stored from now on, unless nothing would be left of it or its column could not hold it. */
function restored(text: string, limit: number): string {
  const stored = storedText(text);
  return stored === '' || [...stored].length > limit ? text : stored;
}

async function restoreImages(em: SqlEntityManager): Promise<void> {
  const strange = sqlText`${needsCare(em, sqlText`i.alias`)} or ${needsCare(em, sqlText`i.version`)} or ${needsCare(em, sqlText`i.description`)}`;
  for (let after = 0, isMore = true; isMore; ) {
    const rows = await rowsOf<[id: number, name: string, alias: string, version: string, description: string]>(
      em,
      sqlText`select i.id, i.name, i.alias, i.version, i.description from image i where i.id > ${after} and (${strange}) order by i.id limit ${BATCH}`,
    );
    for (const [id, name, ...texts] of rows) {
      const [alias, version, description] = [restored(texts[0], 32), restored(texts[1], 16), restored(texts[2], 128)];
      await writeAtOnce(em, sqlText`update image set alias = ${alias}, version = ${version}, description = ${description}, alias_key = ${comparisonKey(alias)},
        version_key = ${comparisonKey(version)}, search_text = ${searchForm([name, alias, description].join('\n'))} where id = ${id}`);
      after = id;
    }
    isMore = rows.length === BATCH;
  }
}

async function restoreOthers(em: SqlEntityManager): Promise<void> {
  const datacenters = sqlText`select d.id, d.alias, d.description from datacenter d where ${needsCare(em, sqlText`d.alias`)} or ${needsCare(em, sqlText`d.description`)}`;
  for (const [id, alias, description] of await rowsOf<[id: number, alias: string, description: string]>(em, datacenters)) {
    await writeAtOnce(em, sqlText`update datacenter set alias = ${restored(alias, 64)}, description = ${restored(description, 128)} where id = ${id}`);
  }
  for (const [id, alias] of await rowsOf<[id: number, alias: string]>(em, sqlText`select g.id, g.alias from user_group g where ${needsCare(em, sqlText`g.alias`)}`)) {
    await writeAtOnce(em, sqlText`update user_group set alias = ${restored(alias, 64)} where id = ${id}`);
  }
  for (const [id, name] of await rowsOf<[id: string, name: string]>(em, sqlText`select k.id, k.name from api_key k where ${needsCare(em, sqlText`k.name`)}`)) {
    await writeAtOnce(em, sqlText`update api_key set name = ${restored(name, 64)} where id = ${id}`);
  }
}

/**
 * Stores the display texts that exist in NFC and without outer spaces, and fills the keys of images whose labels are more than ASCII. SQL
 * cannot compute NFKC on SQLite, nor fold cases on either database alike.
 */
export async function restoreTexts(em: SqlEntityManager): Promise<void> {
  await restoreImages(em);
  await restoreOthers(em);
}

/** What makes an image unique besides its name. Of images that look the same, all but the first get a key of their own: their id is added to it. */
export const TELL_LABELS_APART = `update image set alias_key = alias_key || '<' || cast(id as text) || '>'
  where id not in (select min(x.id) from image x group by x.alias_key, x.version_key);`;
