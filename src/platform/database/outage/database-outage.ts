import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../database.js';
import { readRows } from '../read/read-rows.js';
import { sqlText } from '../sql-text.js';
import { type DatabaseProblem, databaseProblem } from './failed-for-now.js';
import { onWritten } from './written.js';

/** How often it looks whether a database that was away is back. */
const PROBE_MS = 500;

const BEGUN: Readonly<Record<DatabaseProblem, string>> = {
  away: 'The database is not available.',
  'not writable': 'The database cannot be written.',
};
const OVER: Readonly<Record<DatabaseProblem, string>> = {
  away: 'The database is available again.',
  'not writable': 'The database can be written again.',
};

interface Outage {
  since: number;
  failures: number;
}

/**
 * Tells the log of an outage of the database once, with the reason, and once of its end, with how long it took and how much failed
 * meanwhile: what fails because of it needs no line at error of its own. It ends when a read succeeds, or, of a database that could not
 * be written, a change.
 */
export class DatabaseOutage {
  readonly #present = new Map<DatabaseProblem, Outage>();
  #isStopped = false;

  constructor(
    private readonly database: Database,
    private readonly log: Pick<Logger, 'error' | 'info'>,
  ) {
    onWritten(database.driver, () => this.#end('not writable'));
  }

  /** Whether the error comes from an outage, which is then told. */
  covers(error: unknown): boolean {
    const problem = this.#isStopped ? null : databaseProblem(error);
    if (problem === null) return false;
    const present = this.#present.get(problem);
    if (present !== undefined) {
      present.failures += 1;
      return true;
    }
    this.#present.set(problem, { since: performance.now(), failures: 1 });
    this.log.error({ err: error }, BEGUN[problem]);
    if (problem === 'away') void this.#probe();
    return true;
  }

  /** Whether the process has closed the database. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Looks no longer whether the database is back. */
  stop(): void {
    this.#isStopped = true;
  }

  async #probe(): Promise<void> {
    while (!this.#isStopped) {
      await delay(PROBE_MS, undefined, { ref: false });
      const isBack = await readRows(this.database.em.fork(), sqlText`select 1 as answer`).then(() => true, () => false);
      if (isBack) return this.#end('away');
    }
  }

  #end(problem: DatabaseProblem): void {
    const outage = this.#present.get(problem);
    if (outage === undefined) return;
    this.#present.delete(problem);
    const seconds = Math.round((performance.now() - outage.since) / 100) / 10;
    this.log.info({ seconds, failures: outage.failures }, OVER[problem]);
  }
}
