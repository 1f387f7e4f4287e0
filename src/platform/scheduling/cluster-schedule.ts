import { type Database, isSqlite, type SqlEntityManager } from '../database/database.js';
import { sqlInteger, type SqlText, sqlText } from '../database/sql-text.js';
import { writeAtOnce, writeReturning } from '../database/write-rows.js';

const LONGEST_MS = 24 * 3600 * 1000;

/** Work that one process at a time does for all that share a database, by the clock of the database. On SQLite, this process is the only one. */
export class ClusterSchedule {
  constructor(
    private readonly database: Database,
    private readonly name: string,
  ) {}

  /** Whether the work is due, and this process does it; nobody else begins it in the next `holdMs`. */
  async begin(holdMs: number): Promise<boolean> {
    if (isSqlite(this.database.em)) return true;
    const text = sqlText`insert into scheduled_work (name, due_at) values (${this.name}, ${inMs(holdMs)})
      on conflict (name) do update set due_at = excluded.due_at where scheduled_work.due_at <= ${inMs(0)} returning name`;
    return (await writeReturning(this.#em(), text)).length > 0;
  }

  /** Nobody begins it in the next `ms`: while this process still works, or once it has done. */
  async postpone(ms: number): Promise<void> {
    if (isSqlite(this.database.em)) return;
    await writeAtOnce(this.#em(), sqlText`update scheduled_work set due_at = ${inMs(ms)} where name = ${this.name}`);
  }

  #em(): SqlEntityManager {
    return this.database.em.fork();
  }
}

function inMs(ms: number): SqlText {
  return sqlText`cast(extract(epoch from clock_timestamp()) * 1000 as bigint) + ${sqlInteger(Math.round(ms), { max: LONGEST_MS })}`;
}
