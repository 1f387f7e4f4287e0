import { AppError } from '../../errors.js';

/** The SQLSTATE of a statement that Postgres cancelled. */
const CANCELLED = '57014';
/** That of a statement that waited for a lock longer than it may. */
const LOCKED = '55P03';

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

/** How much earlier than its time is over a statement stops to wait for a lock. */
const BEFORE_MS = 2000;

/** How long a statement that may take `statementMs` may wait for a lock: less, so that being locked out is told apart from taking long. */
export function lockTimeoutOf(statementMs: number): number {
  return Math.max(1, Math.floor(statementMs / 2), statementMs - BEFORE_MS);
}

/** Postgres cancelled the statement. One that the driver had to give up is another matter: then the server is gone. */
export function isCancelled(error: unknown): boolean {
  return (error as { code?: unknown }).code === CANCELLED;
}

/** Somebody else locked what the statement needs for as long as it may wait. */
export function isLockedForLong(error: unknown): boolean {
  return (error as { code?: unknown }).code === LOCKED;
}
