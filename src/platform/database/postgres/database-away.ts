import { boundMessage } from '../../message-text.js';

/** SQLSTATEs and codes of the system that say that the server is gone, is going, or takes nobody more. */
const AWAY = new Set(['57P01', '57P02', '57P03', '25P03', '53300', '08006', '08001', '08003', '08P01', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);
const WORDS = /Connection terminated|timeout expired|timeout exceeded when trying to connect|not queryable|closed the connection unexpectedly/i;

/** Postgres is not there at present: the request failed, and another one may succeed. */
export class DatabaseAway extends Error {
  /** The ORM copies what an error has into one of its own. */
  readonly isDatabaseAway = true;

  constructor(cause: unknown) {
    super(`Postgres is not available: ${boundMessage(cause instanceof Error ? cause.message || cause.name : String(cause), 200)}`, { cause });
    this.name = 'DatabaseAway';
  }
}

/** The error itself, or DatabaseAway where it says so. */
export function awayOr(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return AWAY.has(String((error as { code?: unknown }).code)) || WORDS.test(error.message) ? new DatabaseAway(error) : error;
}

/** Whether the error is DatabaseAway, or was made of one. */
export function isDatabaseAway(error: unknown): error is Error {
  return error instanceof Error && 'isDatabaseAway' in error;
}
