import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { searchForm } from '../../platform/display-text.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlInteger, sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';

/** What a search of users looks at. */
export function userSearchText({ username, email }: { username: string; email?: string | null }): string {
  return searchForm(`${username}\n${email ?? ''}`);
}

/** What a search of groups looks at. */
export function groupSearchText({ name, alias }: { name: string; alias: string }): string {
  return searchForm(`${name}\n${alias}`);
}

/** A few milliseconds of work, so that others wait neither for the thread nor for the database. */
const ROWS_PER_STEP = 200;
const LIMIT = sqlInteger(ROWS_PER_STEP, { max: ROWS_PER_STEP });

async function restoreUsers(tx: SqlEntityManager): Promise<number> {
  const rows = await readRows<[id: number, username: string, email: string | null]>(tx, sqlText`select u.id, u.username, u.email from user_account u where u.search_text is null order by u.id limit ${LIMIT}`);
  for (const [id, username, email] of rows) await writeRows(tx, sqlText`update user_account set search_text = ${userSearchText({ username, email })} where id = ${id} and search_text is null`);
  return rows.length;
}

async function restoreGroups(tx: SqlEntityManager): Promise<number> {
  const rows = await readRows<[id: number, name: string, alias: string]>(tx, sqlText`select g.id, g.name, g.alias from user_group g where g.search_text is null order by g.id limit ${LIMIT}`);
  for (const [id, name, alias] of rows) await writeRows(tx, sqlText`update user_group set search_text = ${groupSearchText({ name, alias })} where id = ${id} and search_text is null`);
  return rows.length;
}

/**
 * Fills in the searched texts of users and groups that have none: those not in ASCII, whose lower case SQL cannot tell, and those that
 * another program wrote. Several processes may do this at once.
 */
export async function restoreSearchTexts(em: SqlEntityManager): Promise<void> {
  for (const step of [restoreUsers, restoreGroups]) {
    while ((await inTransaction(em, step)) > 0) await nextTurn();
  }
}
