import type { SqlEntityManager } from '../database.js';
import { isSqlite } from '../database.js';
import { WITHOUT_TIMEOUTS } from '../open/bound-transactions.js';
import { throughKysely } from '../read/read-rows.js';
import { SEARCHED_TABLES } from '../search/trigrams.js';
import { sqlConstant, sqlName, sqlNames, sqlOfTrigger, type SqlText, sqlText } from '../sql-text.js';
import type { CopiedTable } from './copied-tables.js';

async function select<Row extends object>(tx: SqlEntityManager, statement: SqlText): Promise<Row[]> {
  return (await throughKysely(tx, statement)).rows as Row[];
}

/**
 * Empties the tables and runs `fill` in one transaction, while no trigger runs and foreign keys are checked at the end: rows are
 * written as they are given, in any order of tables. Whoever else would write into these tables waits.
 */
export async function replaceRows(tx: SqlEntityManager, tables: readonly CopiedTable[], fill: () => Promise<void>): Promise<void> {
  await (isSqlite(tx) ? replaceInSqlite(tx, tables, fill) : replaceInPostgres(tx, tables, fill));
}

/** Keeps others out of the tables until the transaction ends. SQLite refuses to go on when somebody else wrote meanwhile. */
export async function lockTables(tx: SqlEntityManager, tables: readonly CopiedTable[]): Promise<void> {
  if (isSqlite(tx)) return;
  await throughKysely(tx, WITHOUT_TIMEOUTS);
  await throughKysely(tx, sqlText`lock table ${sqlNames(tables.map(({ name }) => name))} in access exclusive mode`);
}

async function replaceInSqlite(tx: SqlEntityManager, tables: readonly CopiedTable[], fill: () => Promise<void>): Promise<void> {
  await throughKysely(tx, sqlText`pragma defer_foreign_keys = on`);
  const triggers = await select<{ name: string; sql: string }>(tx, sqlText`select name, sql from sqlite_master where type = 'trigger' order by name`);
  for (const { name } of triggers) await throughKysely(tx, sqlText`drop trigger ${sqlName(name)}`);
  for (const { name } of tables) await throughKysely(tx, sqlText`delete from ${sqlName(name)}`);
  await fill();
  await fillSearchIndexes(tx);
  for (const { sql } of triggers) await throughKysely(tx, sqlOfTrigger(sql));
}

/** The triggers that index a text did not run. An entry that shares the text of another has that one's id in the index. */
async function fillSearchIndexes(tx: SqlEntityManager): Promise<void> {
  for (const table of SEARCHED_TABLES) {
    const index = sqlConstant(`${table}_search`);
    await throughKysely(tx, sqlText`insert into ${index} (${index}) values ('delete-all')`);
  }
  await throughKysely(tx, sqlText`insert into image_search (rowid, search_text) select id, search_text || char(10, 10) from image`);
  await throughKysely(tx, sqlText`insert into virtual_server_search (rowid, search_text) select id, lower(hostname) || char(10, 10) from virtual_server`);
  await throughKysely(tx, sqlText`insert into user_account_search (rowid, search_text) select id, search_text || char(10, 10) from user_account where search_text is not null`);
  await throughKysely(tx, sqlText`insert into repository_image_search (rowid, search_text)
    select coalesce(nullif(search_id, 0), id), min(search_text) || char(10, 10) from repository_image group by coalesce(nullif(search_id, 0), id)`);
}

async function replaceInPostgres(tx: SqlEntityManager, tables: readonly CopiedTable[], fill: () => Promise<void>): Promise<void> {
  await throughKysely(tx, sqlText`truncate table ${sqlNames(tables.map(({ name }) => name))} restart identity`);
  const keys = await select<{ name: string; on: string }>(tx, sqlText`select c.conname as "name", r.relname as "on" from pg_constraint c
    join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace where c.contype = 'f' and n.nspname = current_schema()`);
  const ours = keys.filter(({ on }) => tables.some(({ name }) => name === on));
  for (const { name, on } of ours) await throughKysely(tx, sqlText`alter table ${sqlName(on)} alter constraint ${sqlName(name)} deferrable initially deferred`);
  for (const { name } of tables) await throughKysely(tx, sqlText`alter table ${sqlName(name)} disable trigger user`);
  await fill();
  await throughKysely(tx, sqlText`set constraints all immediate`);
  for (const { name } of tables) await throughKysely(tx, sqlText`alter table ${sqlName(name)} enable trigger user`);
  for (const { name, on } of ours) await throughKysely(tx, sqlText`alter table ${sqlName(on)} alter constraint ${sqlName(name)} not deferrable`);
}

/** The last id that the database gave in a table, also to rows that are gone; 0 when it gave none. */
export async function lastId(tx: SqlEntityManager, table: string, column: string): Promise<number> {
  const [row] = await select<{ value: number | string | null }>(tx, isSqlite(tx)
    ? sqlText`select seq as value from sqlite_sequence where name = ${table}`
    : sqlText`select last_value as value from pg_sequences where schemaname = current_schema()
        and format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence(cast(${table} as text), cast(${column} as text))`);
  return Number(row?.value ?? 0);
}

/** Continues the ids of a table after `last`. On Postgres after `replaceRows` in the same transaction, which makes it a part of that. */
export async function continueIds(tx: SqlEntityManager, table: string, column: string, last: number): Promise<void> {
  if (last < 1) return;
  if (isSqlite(tx)) {
    await throughKysely(tx, sqlText`delete from sqlite_sequence where name = ${table}`);
    await throughKysely(tx, sqlText`insert into sqlite_sequence (name, seq) values (${table}, ${last})`);
    return;
  }
  await throughKysely(tx, sqlText`select setval(cast(pg_get_serial_sequence(cast(${table} as text), cast(${column} as text)) as regclass), cast(${last} as bigint))`);
}
