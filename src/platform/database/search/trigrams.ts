import type { EntityMetadata } from '@mikro-orm/core';
import type { SqlMikroORM } from '@mikro-orm/sqlite';
import { searchForm } from '../../display-text.js';
import { queryOf } from '../kysely-query.js';
import { sqlConstant, type SqlText, sqlText } from '../sql-text.js';

/** Tables with an index of the trigrams of a text in lower case. */
export const SEARCHED_TABLES = ['image', 'repository_image', 'virtual_server', 'user_account'] as const;
export type SearchedTable = (typeof SEARCHED_TABLES)[number];

/** The text that is indexed on Postgres: a column, or for host names, which are ASCII, an expression. */
const INDEXED = { image: '"search_text"', repository_image: '"search_text"', virtual_server: 'lower("hostname")', user_account: '"search_text"' } as const satisfies Record<SearchedTable, string>;

/** More trigrams take longer than they narrow the search. */
const MOST_TRIGRAMS = 24;
const LAST_CHARACTER = '\u{10ffff}';

function nameOfIndex<T extends SearchedTable>(table: T): `${T}_search_index` {
  return `${table}_search_index`;
}

function makeIndex(table: SearchedTable): SqlText {
  return sqlText`create index if not exists "${sqlConstant(nameOfIndex(table))}" on "${sqlConstant(table)}" using gin (${sqlConstant(INDEXED[table])} gin_trgm_ops)`;
}

/** Describes the index on Postgres to the ORM; on SQLite it is a virtual table. */
export function describeSearchIndex(meta: EntityMetadata): void {
  const table = SEARCHED_TABLES.find((one) => one === meta.tableName);
  if (table === undefined) return;
  const name = nameOfIndex(table);
  meta.indexes.push({ name, expression: `create index "${name}" on "${table}" using gin (${INDEXED[table]} gin_trgm_ops)` });
}

async function run(database: SqlMikroORM, statement: SqlText): Promise<{ name: string }[]> {
  return (await database.em.fork().getKysely().executeQuery<{ name: string }>(queryOf(statement, 'postgres'))).rows;
}

async function missingIndexes(database: SqlMikroORM): Promise<SearchedTable[]> {
  const present = await run(database, sqlText`select indexname as name from pg_indexes where schemaname = current_schema()`);
  return SEARCHED_TABLES.filter((table) => !present.some(({ name }) => name === nameOfIndex(table)));
}

/** Whether a Postgres has all search indexes. */
export async function hasSearchIndexes(database: SqlMikroORM): Promise<boolean> {
  return (await missingIndexes(database)).length === 0;
}

/**
 * Makes the search indexes of a Postgres that lacks them. Null when they are there; else why they are not, and what an
 * administrator of the database can do: search answers without them too, by reading every text.
 */
export async function prepareSearch(database: SqlMikroORM): Promise<string | null> {
  const missing = await missingIndexes(database);
  if (missing.length === 0) return null;
  try {
    await run(database, sqlText`create extension if not exists pg_trgm`);
    for (const table of missing) await run(database, makeIndex(table));
    return null;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return `Searches read every text, as the extension pg_trgm is missing and could not be installed (${cause}). Run "create extension pg_trgm" in this database as its owner or a superuser, then start again.`;
  }
}

/** Splits into code points, as the tokenizer of the index does. */
function charactersOf(text: string): string[] {
  return [...searchForm(text)];
}

function trigramsOf(characters: readonly string[]): string[] {
  const all = new Set(characters.slice(2).map((last, at) => `${characters[at]}${characters[at + 1]}${last}`));
  return [...all].slice(0, MOST_TRIGRAMS);
}

/**
 * SQLite only: ids under which the index has all texts that contain `text`, and perhaps some more: those of the rows, or of rows
 * whose place they share. One or two characters are found as the beginning of a trigram.
 */
export function searchedIds(table: SearchedTable, text: string): SqlText {
  // No text contains NUL, and it would end the query early.
  if (text.includes('\0')) return sqlText`select 0 as id where 1 = 0`;
  const characters = charactersOf(text);
  if (characters.length < 3) {
    const first = characters.join('');
    return sqlText`select distinct x.doc as id from ${sqlConstant(`${table}_search_term`)} x where x.term >= ${first} and x.term <= ${first + LAST_CHARACTER}`;
  }
  const query = trigramsOf(characters).map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
  return sqlText`select x.rowid as id from ${sqlConstant(`${table}_search`)} x where ${sqlConstant(`x.${table}_search`)} match ${query}`;
}
