import { AppError } from '../../errors.js';
import { isReadTimeout } from '../postgres/read-timeout.js';

/** The SQLSTATE of a statement that Postgres cancelled. */
const CANCELLED = '57014';

const timeouts = new WeakMap<object, number>();

/** The longest that one statement of a Postgres driver may take. */
export function giveStatementTimeout(driver: object, ms: number): void {
  timeouts.set(driver, ms);
}

export function statementTimeoutOf(driver: object): number | undefined {
  return timeouts.get(driver);
}

export function statementTooLong(ms: number): AppError {
  return new AppError('QUERY_TOO_COMPLEX', `A statement took longer than the ${ms / 1000} s that STATEMENT_TIMEOUT allows, and was stopped. Ask for less, or try again when the database is less busy.`);
}

/** Postgres cancelled the statement, or the driver gave it up. */
export function isCancelled(error: unknown): boolean {
  return (error as { code?: unknown }).code === CANCELLED || isReadTimeout(error);
}
