import { AppError } from '../errors.js';
import { isDatabaseAway } from './postgres/database-away.js';

/** Codes of Postgres and of connections to it that say that the server is gone or not ready; class 08 is that of connections. */
const AWAY = /^(08...|57P0[1-4]|25P03|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** SQLite cannot write for now: its disk is full or fails, or another program holds the file. */
const CANNOT_WRITE = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CANTOPEN|READONLY)/;
/** The driver of Postgres gives these errors no code. */
const BROKEN = /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error|server closed the connection/i;

/** Whether an error is that of a statement which failed because the database cannot be reached or written for now, and may succeed later as it is. An AppError is none, whatever caused it. */
export function failedForNow(error: unknown): boolean {
  if (error instanceof AppError) return false;
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (isDatabaseAway(cause) || AWAY.test(code) || CANNOT_WRITE.test(code) || BROKEN.test(cause.message)) return true;
  }
  return false;
}
