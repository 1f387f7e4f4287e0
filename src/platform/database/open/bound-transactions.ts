import type { CompiledQuery, DatabaseConnection } from 'kysely';
import { queryOf } from '../kysely-query.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';

/** The largest `statement_timeout` that Postgres accepts. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * How long a transaction may stand between two statements, in ms. A process that is frozen within one would keep the rows that it locked:
 * nobody could take over its task, nor change what else the transaction had changed. Shorter than a claim on a task.
 */
const IDLE_MS = 8000;

/** Begins a transaction with timeouts of its own, in one message: a pooler refuses them as parameters of the connection, which others use afterwards. */
export function beginWithTimeouts(statementMs: number, idleMs = IDLE_MS): SqlText {
  const [longestStatement, longestIdle] = [statementMs, idleMs].map((ms) => sqlInteger(ms, { max: MAX_TIMEOUT_MS })) as [SqlText, SqlText];
  return sqlText`begin; set local statement_timeout = ${longestStatement}; set local idle_in_transaction_session_timeout = ${longestIdle}`;
}

/** Frees a transaction that copies a whole database from both timeouts. */
export const WITHOUT_TIMEOUTS = sqlText`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`;

/** Gives every transaction that the ORM begins on this connection the timeouts. */
export function boundTransactions(connection: DatabaseConnection, timeoutMs: number): void {
  const begin = queryOf(beginWithTimeouts(timeoutMs), 'postgres');
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, ...rest: never[]) => execute<R>(query.sql === 'begin' ? begin : query, ...rest);
}
