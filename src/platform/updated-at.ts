import { type SqlText, sqlText } from './database/sql-text.js';

/** The time of a change: now, and in any case later than the change before, whatever the clock says. `ifUpdatedAt` relies on it. */
export function laterThan(before: Date): Date {
  return new Date(Math.max(Date.now(), before.getTime() + 1));
}

/** The same as an assignment in an update of a table with the column `updated_at`. */
export function laterUpdatedAt(now: number = Date.now()): SqlText {
  return sqlText`updated_at = case when updated_at < ${now} then cast(${now} as bigint) else updated_at + 1 end`;
}
