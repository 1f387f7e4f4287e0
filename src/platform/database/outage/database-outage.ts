import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../database.js';
import { readRows } from '../read/read-rows.js';
import { sqlText } from '../sql-text.js';
import { type DatabaseProblem, databaseProblem } from './failed-for-now.js';
import { onWritten } from './written.js';

/** An attempt that began in an outage may fail so long after its end: the next outage is told once a look at the database failed, too. */
const LATE_MS = 15_000;
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
  isTold: boolean;
}

/**
 * Tells the log of an outage of the database once, with the reason, and once of its end, with how long it took and how much failed
 * meanwhile: what fails because of it needs no line at error of its own. It ends when a read succeeds, or, of a database that could not
 * be written, a change.
 */
export class DatabaseOutage {
  readonly #present = new Map<DatabaseProblem, Outage>();
  #isStopped = false;
  #lastEnd = -Infinity;

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
    const since = performance.now();
    const outage: Outage = { since, failures: 1, isTold: problem === 'not writable' || since - this.#lastEnd > LATE_MS };
    this.#present.set(problem, outage);
    if (outage.isTold) this.log.error({ err: error }, BEGUN[problem]);
    if (problem === 'away') void this.#probe(outage);
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

  async #probe(outage: Outage): Promise<void> {
    for (;;) {
      const failure: unknown = await readRows(this.database.em.fork(), sqlText`select 1 as answer`).then(() => null, (error: unknown) => error);
      if (this.#isStopped) return;
      if (failure === null) return this.#end('away');
      if (!outage.isTold) this.log.error({ err: failure }, BEGUN.away);
      outage.isTold = true;
      await delay(PROBE_MS, undefined, { ref: false });
    }
  }

  #end(problem: DatabaseProblem): void {
    const outage = this.#present.get(problem);
    if (outage === undefined) return;
    this.#present.delete(problem);
    this.#lastEnd = performance.now();
    const seconds = Math.round((performance.now() - outage.since) / 100) / 10;
    if (outage.isTold) this.log.info({ seconds, failures: outage.failures }, OVER[problem]);
  }
}
