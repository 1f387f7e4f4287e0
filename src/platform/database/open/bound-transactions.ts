import type { CompiledQuery, DatabaseConnection } from 'kysely';
import { queryOf } from '../kysely-query.js';
import { lockTimeoutOf } from '../read/statement-timeout.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';

/** The largest `statement_timeout` that Postgres accepts. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * How long a transaction may stand between two statements, in ms. A process that is frozen within one would keep the rows that it locked:
 * nobody could take over its task, nor change what else the transaction had changed. Its transactions that wait for the same row get so long
 * each, one after the other, so it is much shorter than a claim on a task.
 */
const IDLE_MS = 4000;
const LIMIT_IDLE = sqlText`set local idle_in_transaction_session_timeout = ${sqlInteger(IDLE_MS, { max: IDLE_MS })}`;

/** Begins a transaction in the level that locks and checks count on, whatever the default of the database is, and with timeouts of its own, in one message: a pooler refuses them as parameters of the connection, which others use afterwards. */
export function beginWithTimeouts(statementMs: number): SqlText {
  return sqlText`begin isolation level read committed; set local statement_timeout = ${sqlInteger(statementMs, { max: MAX_TIMEOUT_MS })}; set local lock_timeout = ${sqlInteger(lockTimeoutOf(statementMs), { max: MAX_TIMEOUT_MS })}; ${LIMIT_IDLE}`;
}

/**
 * How long a migration waits for a table, in ms: whoever asks for that table afterwards waits behind it. Shorter than the second after
 * which Postgres looks for deadlocks, so that it is the migration that gives up, and never a request.
 */
const LOCK_MS = 700;

/**
 * Lets Postgres look every second whether the process is still there: the statement of one that was killed would otherwise go on, and keep
 * the tables locked. A system that Postgres cannot do it on refuses the setting, and does without.
 */
const END_WITH_PROCESS = sqlText`do $$ begin perform set_config('client_connection_check_interval', '1s', true); exception when others then null; end $$`;

/** Begins a migration. Its statements may take as long as they need; what it waits for, and how long it stands still, is bounded. */
const BEGIN_MIGRATION = sqlText`begin isolation level read committed; set local lock_timeout = ${sqlInteger(LOCK_MS, { max: LOCK_MS })}; ${LIMIT_IDLE}; ${END_WITH_PROCESS}`;

/** Frees a transaction that copies a whole database from all timeouts. */
export const WITHOUT_TIMEOUTS = sqlText`set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0`;

/** Gives every transaction that the ORM begins on this connection the timeouts. */
export function boundTransactions(connection: DatabaseConnection, timeoutMs: number): void {
  beginWith(connection, beginWithTimeouts(timeoutMs));
}

/** Gives every migration on this connection its timeouts. */
export function boundMigrations(connection: DatabaseConnection): void {
  beginWith(connection, BEGIN_MIGRATION);
}

function beginWith(connection: DatabaseConnection, statement: SqlText): void {
  const begin = queryOf(statement, 'postgres');
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, ...rest: never[]) => execute<R>(query.sql === 'begin' ? begin : query, ...rest);
}
