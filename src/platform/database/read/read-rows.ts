import type { QueryResult } from 'kysely';
import type { Column } from '../columns.js';
import { isSqlite } from '../database.js';
import { queryOf } from '../kysely-query.js';
import type { PreparedStatements } from './prepared-statements.js';
import { type PostgresReader, postgresReaderOf } from './postgres-reader.js';
import { readerOf } from './reader-connection.js';
import { type HeavyReads, heavyReadsOf } from './heavy-reads.js';
import type { Operation } from './operation.js';
import { operationOf, type Reads } from './reads.js';
import { sqlConstant, type SqlText, sqlText } from '../sql-text.js';
import { writerOf } from '../writer-connection.js';

/**
 * How to run a read. Only this decides what may run on the event loop of SQLite: a statement that scans a bounded number of rows, such
 * as rows by key or the beginning of an index. Everything else is `heavy`, and runs there only after a short run elsewhere.
 */
export interface ReadOptions {
  /** Its time grows with the tables: a count, a search, a list with a filter. Ignored inside a transaction. */
  heavy?: boolean;
  /** See `PostgresReader`. */
  steady?: boolean;
}

const BOUNDED: ReadOptions = { heavy: false };

/** The connection with prepared statements; undefined on Postgres. */
function preparedIn(em: Reads): PreparedStatements | undefined {
  const driver = em.getDriver();
  return em.isInTransaction() ? writerOf(driver) : readerOf(driver);
}

/** Undefined on SQLite, and in a transaction. */
function postgresIn(em: Reads): PostgresReader | undefined {
  return em.isInTransaction() ? undefined : postgresReaderOf(em.getDriver());
}

/** An operation on SQLite runs short heavy reads on the event loop until its reads have taken this long. */
const MOST_AT_ONCE_MS = 10;

/** Undefined for a read on the event loop. A transaction must see its own writes, so its reads stay on its connection. */
function heavyIn(em: Reads, text: SqlText, { heavy }: ReadOptions, operation: Operation | null): HeavyReads | undefined {
  if (heavy !== true || em.isInTransaction()) return undefined;
  const reads = heavyReadsOf(em.getDriver());
  const mayBeShort = operation !== null && operation.readTime.cpuMs < MOST_AT_ONCE_MS && isSqlite(em);
  return mayBeShort && reads?.isShort(text) ? undefined : reads;
}

/** Reads on the event loop are synchronous, so their wall time is their processor time. */
function timed<R>(em: Reads, text: SqlText, { heavy }: ReadOptions, read: () => R[]): R[] {
  const began = performance.now();
  const rows = read();
  const tookMs = performance.now() - began;
  const operation = operationOf(em);
  if (operation !== null) operation.readTime.cpuMs += tookMs;
  if (heavy === true) heavyReadsOf(em.getDriver())?.noteTime(text, tookMs);
  return rows;
}

/**
 * The rows of a `select`, as arrays in the order of its columns, each of which has a name of its own. Inside a
 * transaction it sees what that transaction wrote. QUERY_TOO_COMPLEX when the time of the operation is over.
 */
export async function readRows<R>(em: Reads, text: SqlText, options: ReadOptions = BOUNDED): Promise<R[]> {
  const operation = operationOf(em);
  operation?.demandTime();
  const heavy = heavyIn(em, text, options, operation);
  if (heavy !== undefined) return heavy.read<R>(text, false, operation);
  const prepared = preparedIn(em);
  if (prepared !== undefined) return timed(em, text, options, () => prepared.all<R>(text));
  const reader = postgresIn(em);
  if (reader !== undefined) return reader.all<R>(text, { steady: options.steady, operation });
  return (await throughKysely(em, text)).rows.map((row) => Object.values(row)) as R[];
}

/** The same with rows as objects, for statements whose columns are many and rows few. */
export async function readObjects<R extends object>(em: Reads, text: SqlText, options: ReadOptions = BOUNDED): Promise<R[]> {
  const operation = operationOf(em);
  operation?.demandTime();
  const heavy = heavyIn(em, text, options, operation);
  if (heavy !== undefined) return heavy.read<R>(text, true, operation);
  const prepared = preparedIn(em);
  if (prepared !== undefined) return timed(em, text, options, () => prepared.objects<R>(text));
  const reader = postgresIn(em);
  if (reader !== undefined) return reader.objects<R>(text, { steady: options.steady, operation });
  return (await throughKysely(em, text)).rows as R[];
}

/** Runs a statement on the connection that entities use. */
export async function throughKysely(em: Reads, text: SqlText): Promise<QueryResult<object>> {
  return em.getKysely().executeQuery<object>(queryOf(text, isSqlite(em) ? 'sqlite' : 'postgres'));
}

/** Column is one of the ids; the text is the same for any number of them. */
export function amongIds(em: Reads, column: Column, ids: readonly (string | number)[]): SqlText {
  if (isSqlite(em)) {
    const [only] = ids;
    // One id is common, and json_each would cost half as much as the row.
    if (ids.length === 1 && only !== undefined) return sqlText`${sqlConstant(column)} = ${only}`;
    return sqlText`${sqlConstant(column)} in (select value from json_each(${JSON.stringify(ids)}))`;
  }
  return sqlText`${sqlConstant(column)} = any(${ids})`;
}

/** Column is one of the ids of a subselect, which runs once, and first. */
export function amongFound(em: Reads, column: Column, found: SqlText): SqlText {
  return isSqlite(em) ? sqlText`${sqlConstant(column)} in (${found})` : sqlText`${sqlConstant(column)} = any(array(${found}))`;
}

/** These ids as rows, `id`. */
export function listed(em: Reads, ids: readonly number[]): SqlText {
  return isSqlite(em) ? sqlText`select value as id from json_each(${JSON.stringify(ids)})` : sqlText`select unnest(cast(${`{${ids.join(',')}}`} as integer[])) as id`;
}
