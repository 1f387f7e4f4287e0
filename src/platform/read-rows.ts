import type { QueryResult } from 'kysely';
import type { Column } from './columns.js';
import { isSqlite, type SqlEntityManager, statements } from './database.js';
import { queryOf } from './kysely-query.js';
import type { KeptStatements } from './kept-statements.js';
import { type PostgresReader, postgresReaderOf } from './postgres-reader.js';
import { readerOf } from './reader.js';
import { sqlConstant, type SqlText, sqlText } from './sql-text.js';
import { writerOf } from './writer.js';

/** Where statements are kept prepared; undefined on Postgres. */
function preparedIn(em: SqlEntityManager): KeptStatements | undefined {
  const driver = em.getDriver();
  return em.isInTransaction() ? writerOf(driver) : readerOf(driver);
}

/** Undefined on SQLite, and in a transaction. */
function postgresIn(em: SqlEntityManager): PostgresReader | undefined {
  return em.isInTransaction() ? undefined : postgresReaderOf(em.getDriver());
}

/**
 * The rows of a `select`, as arrays in the order of its columns, each of which has a name of its own. Inside a
 * transaction it sees what that transaction wrote. For `steady`, see `PostgresReader`.
 */
export async function readRows<R>(em: SqlEntityManager, text: SqlText, steady = false): Promise<R[]> {
  const prepared = preparedIn(em);
  if (prepared !== undefined) return prepared.all<R>(text);
  const reader = postgresIn(em);
  if (reader !== undefined) return reader.all<R>(text, steady);
  return (await throughKysely(em, text)).rows.map((row) => Object.values(row)) as R[];
}

/** The same with rows as objects, for statements whose columns are many and rows few. */
export async function readObjects<R extends object>(em: SqlEntityManager, text: SqlText, steady = false): Promise<R[]> {
  const prepared = preparedIn(em);
  if (prepared !== undefined) return prepared.objects<R>(text);
  const reader = postgresIn(em);
  if (reader !== undefined) return reader.objects<R>(text, steady);
  return (await throughKysely(em, text)).rows as R[];
}

/** A statement by its text, on the connection that entities use. */
export async function throughKysely(em: SqlEntityManager, text: SqlText): Promise<QueryResult<object>> {
  return statements(em).executeQuery<object>(queryOf(text, isSqlite(em) ? 'sqlite' : 'postgres'));
}

/** Column is one of the ids, however many: one text of the statement for all of them. */
export function amongIds(em: SqlEntityManager, column: Column, ids: readonly (string | number)[]): SqlText {
  if (isSqlite(em)) {
    const [only] = ids;
    // A list of one is common, and the table that a list is costs half as much as its answer.
    if (ids.length === 1 && only !== undefined) return sqlText`${sqlConstant(column)} = ${only}`;
    return sqlText`${sqlConstant(column)} in (select value from json_each(${JSON.stringify(ids)}))`;
  }
  return sqlText`${sqlConstant(column)} = any(${ids})`;
}

/** Column is one of those that a `select` finds, which is carried out once, and first. */
export function amongFound(em: SqlEntityManager, column: Column, found: SqlText): SqlText {
  return isSqlite(em) ? sqlText`${sqlConstant(column)} in (${found})` : sqlText`${sqlConstant(column)} = any(array(${found}))`;
}

/** These ids as rows, `id`. */
export function listed(em: SqlEntityManager, ids: readonly number[]): SqlText {
  return isSqlite(em) ? sqlText`select value as id from json_each(${JSON.stringify(ids)})` : sqlText`select unnest(cast(${`{${ids.join(',')}}`} as integer[])) as id`;
}
