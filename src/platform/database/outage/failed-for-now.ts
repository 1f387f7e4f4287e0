import { AppError } from '../../errors.js';
import { isDatabaseAway } from '../postgres/database-away.js';
import { isReadTimeout } from '../postgres/read-timeout.js';

/** What is the matter with the database for now: it cannot be reached, or it answers and cannot be written. */
export type DatabaseProblem = 'away' | 'not writable';

/** SQLSTATEs that say that the server is gone or not ready; class 08 is that of connections. */
const AWAY = /^(08...|57P0[1-4]|25P03|53300)$/;
/** The same of a connection that is not one of the pool, whose errors are DatabaseAway; other programs are away with these codes, too. */
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/**
 * It answers, and writes nothing: Postgres is a standby or read-only, has no room or memory, cannot use its disk, or somebody else locks the
 * table, or changes the same rows again and again; the disk of the SQLite file is full or fails, or another program holds the file.
 */
const CANNOT_WRITE = /^(25006|40001|40P01|53[0124]00|58030|55P03|SQLITE_(FULL|IOERR|BUSY|LOCKED|CANTOPEN|READONLY).*)$/;
/** The driver of Postgres gives these errors no code. */
const BROKEN = /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error|server closed the connection/i;
const DEPTH = 10;

/** What the database says to be the matter with it, if that is why the error came, so that the same may succeed later. An AppError never is, whatever caused it. */
export function databaseProblem(error: unknown): DatabaseProblem | null {
  for (const { error: at, code } of chainOf(error)) {
    if (at instanceof AppError) return null;
    if (CANNOT_WRITE.test(code)) return 'not writable';
    if (isDatabaseAway(at) || isReadTimeout(at) || AWAY.test(code)) return 'away';
  }
  return null;
}

function chainOf(error: unknown): { error: Error; code: string }[] {
  const chain: { error: Error; code: string }[] = [];
  for (let at = error; at instanceof Error && chain.length < DEPTH; at = innerOf(at)) chain.push({ error: at, code: 'code' in at ? String(at.code) : '' });
  return chain;
}

/** GraphQLError has the error that it was made of as `originalError`. */
function innerOf(error: Error): unknown {
  return 'originalError' in error && error.originalError !== undefined ? error.originalError : error.cause;
}

/** Whether an error is that of a statement which failed because the database cannot be reached or written for now, and may succeed later as it is. */
export function failedForNow(error: unknown): boolean {
  const chain = chainOf(error);
  if (databaseProblem(error) !== null) return true;
  return !chain.some(({ error: at }) => at instanceof AppError) && chain.some(({ error: at, code }) => UNREACHABLE.test(code) || BROKEN.test(at.message));
}
