import { CompiledQuery, type QueryResult } from 'kysely';
import { isSqlite, type SqlEntityManager, statements } from './database.js';
import { type KeptStatements, MOST_STATEMENTS } from './kept-statements.js';
import { readerOf } from './reader.js';
import { plainText, type SqlText, sqlText } from './sql-text.js';
import { writerOf } from './writer.js';

const numbered = new Map<string, string>();

/** Postgres numbers its parameters. */
function withNumbers(text: string): string {
  let known = numbered.get(text);
  if (known === undefined) {
    let count = 0;
    known = text.replace(/\?/g, () => `$${(count += 1)}`);
    if (numbered.size >= MOST_STATEMENTS) numbered.clear();
    numbered.set(text, known);
  }
  return known;
}

/** Where statements are kept prepared; undefined on Postgres. */
function preparedIn(em: SqlEntityManager): KeptStatements | undefined {
  const driver = em.getDriver();
  return em.isInTransaction() ? writerOf(driver) : readerOf(driver);
}

/**
 * The rows of a `select`, as arrays in the order of its columns, each of which has a name of its own. Inside a
 * transaction it sees what that transaction wrote.
 */
export async function readRows<R>(em: SqlEntityManager, text: SqlText): Promise<R[]> {
  const prepared = preparedIn(em);
  if (prepared !== undefined) return prepared.all<R>(text);
  return (await throughKysely(em, text)).rows.map((row) => Object.values(row)) as R[];
}

/** The same with rows as objects, for statements whose columns are many and rows few. */
export async function readObjects<R extends object>(em: SqlEntityManager, text: SqlText): Promise<R[]> {
  const prepared = preparedIn(em);
  if (prepared !== undefined) return prepared.objects<R>(text);
  return (await throughKysely(em, text)).rows as R[];
}

/** A statement by its text, on the connection that entities use. */
export async function throughKysely(em: SqlEntityManager, text: SqlText): Promise<QueryResult<object>> {
  const query = CompiledQuery.raw(isSqlite(em) ? text.text : withNumbers(text.text), [...text.values]);
  return statements(em).executeQuery<object>(query);
}

/** Column is one of the ids, however many: one text of the statement for all of them. `column` is written by us. */
export function amongIds(em: SqlEntityManager, column: string, ids: readonly (string | number)[]): SqlText {
  if (isSqlite(em)) {
    const [only] = ids;
    // A list of one is common, and the table that a list is costs half as much as its answer.
    if (ids.length === 1 && only !== undefined) return sqlText`${plainText(column)} = ${only}`;
    return sqlText`${plainText(column)} in (select value from json_each(${JSON.stringify(ids)}))`;
  }
  return sqlText`${plainText(column)} = any(${ids})`;
}
