import type { CompiledQuery, DatabaseConnection } from 'kysely';
import { queryOf } from '../kysely-query.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';

/** The largest `statement_timeout` that Postgres accepts. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Begins a transaction with a timeout of its own, in one message: a pooler refuses it as a parameter of the connection, which others use afterwards. */
export function beginWithTimeout(timeoutMs: number): SqlText {
  return sqlText`begin; set local statement_timeout = ${sqlInteger(timeoutMs, { max: MAX_TIMEOUT_MS })}`;
}

/** Gives every transaction that the ORM begins on this connection the timeout. */
export function boundTransactions(connection: DatabaseConnection, timeoutMs: number): void {
  const begin = queryOf(beginWithTimeout(timeoutMs), 'postgres');
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, ...rest: never[]) => execute<R>(query.sql === 'begin' ? begin : query, ...rest);
}
