import { setImmediate as nextTurn } from 'node:timers/promises';
import { storedText } from '../../platform/display-text.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import { laterUpdatedAt } from '../../platform/updated-at.js';
import { ALIAS_LENGTH, DESCRIPTION_LENGTH, labelKeysOf, searchTextOf, VERSION_LENGTH } from './image-rules.js';

/** A few milliseconds of work, so that others wait neither for the thread nor for the database. */
const ROWS_PER_STEP = 200;

type LabelRow = [id: number, name: string, alias: string, version: string, description: string];

/** A display text as it would be stored today, unless nothing would be left of it or its column could not hold it. */
function restored(text: string, limit: number): string {
  const stored = storedText(text);
  return stored === '' || [...stored].length > limit ? text : stored;
}

async function restoreLabel(tx: SqlEntityManager, [id, name, ...before]: LabelRow): Promise<void> {
  const [alias, version, description] = [restored(before[0], ALIAS_LENGTH), restored(before[1], VERSION_LENGTH), restored(before[2], DESCRIPTION_LENGTH)];
  const { aliasKey, versionKey } = labelKeysOf({ alias, version });
  const others = sqlText`select i.id from image i where i.alias_key = ${aliasKey} and (i.version_key = ${versionKey} or i.version = ${version}) and i.id <> ${id} limit 1`;
  const isTaken = (await readRows(tx, others)).length > 0;
  const isChanged = [alias, version, description].some((text, at) => text !== before[at]);
  await writeRows(tx, sqlText`update image set ${isChanged ? sqlText`${laterUpdatedAt()}, ` : sqlText``} alias = ${alias}, version = ${version}, description = ${description}, version_key = ${versionKey},
    alias_key = ${isTaken ? `${aliasKey}<${id}>` : aliasKey}, search_text = ${searchTextOf(name, alias, description)} where id = ${id}`);
}

/**
 * Stores the labels in NFC and fills in the keys of images that have none: of rows that are older than the keys and not in ASCII, and of
 * those that another program wrote. SQL cannot tell what such texts look like. An image that looks like an earlier one keeps its label,
 * and gets a key with its id. Several processes may do this at once.
 */
export async function restoreLabels(em: SqlEntityManager): Promise<void> {
  const held = sqlConstant(isSqlite(em) ? '' : ' for no key update of i');
  for (let isMore = true; isMore; ) {
    isMore = await inTransaction(em, async (tx) => {
      const rows = await readRows<LabelRow>(tx, sqlText`select i.id, i.name, i.alias, i.version, i.description from image i
        where i.version_key is null order by i.id limit ${ROWS_PER_STEP}${held}`);
      for (const row of rows) await restoreLabel(tx, row);
      return rows.length === ROWS_PER_STEP;
    });
    await nextTurn();
  }
}
