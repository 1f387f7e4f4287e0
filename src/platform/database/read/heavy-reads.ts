import type { AppError } from '../../errors.js';
import { BoundedCache } from '../../memory/bounded-cache.js';
import { requireSqlText, type SqlText } from '../sql-text.js';
import { isDatabaseAway } from '../postgres/database-away.js';
import type { Operation, ReadTime } from './operation.js';
import { isCancelled, statementTooLong } from './statement-timeout.js';
import { FairQueue, type FairQueueLimits, type WaitingJobs } from '../../scheduling/fair-queue.js';

/** The limits of a running statement. */
export interface ReadLimit {
  /** Aborts with the error to answer with. */
  signal: AbortSignal;
  msLeft: () => number;
  /** The error when the database itself cancelled the statement. */
  overtime: () => AppError;
  /** The reader adds the statement's time here, also when it was stopped. */
  time: ReadTime;
}

/** Runs a statement off the event loop; stops it and rejects soon after the signal aborts. */
export interface HeavyReader {
  read(text: SqlText, asObjects: boolean, limit: ReadLimit): Promise<unknown[]>;
  close(): Promise<void>;
}

const WAITING: WaitingJobs = { waitingPerUser: 1000, jobs: 'searches, counts and filtered lists' };

/** Reader processes on SQLite, started on demand; one user never takes all of them. */
export const SQLITE_TURNS: FairQueueLimits = { running: 3, runningPerUser: 2, ...WAITING };

/** A heavy read holds a connection of Postgres: half of the pool is left for everything else. */
export function postgresTurns(connections: number): FairQueueLimits {
  const running = Math.max(1, Math.floor(connections / 2));
  return { running, runningPerUser: Math.max(1, Math.floor(running / 2)), ...WAITING };
}

/** Reads of no operation, such as those of tasks, take turns as one more user. */
const NO_USER = '';
/** The clocks of the database and of this process differ by less. */
const NEARLY_OVER_MS = 100;

/** A statement that took less runs on the event loop when it comes again soon: asking another process takes as long. */
const SHORT_MS = 0.5;
/** How long a measured time is trusted: few rows are written meanwhile. */
const SHORT_FOR_MS = 5000;
const MOST_SHORT = 1000;
/** Processor time of sending the statement to another process and receiving its rows. */
const ASKING_MS = 0.1;
/** Longer keys are not cached. */
const LONGEST_KEY = 4000;

function keyOf({ text, values }: SqlText): string {
  return `${text} ${JSON.stringify(values)}`;
}

/** Runs statements of unknown duration off the event loop, bounded per user and in time. */
export class HeavyReads {
  readonly #queue: FairQueue;
  /** The statement that ended last had no answer: those that wait for their turn wait for the same reason. */
  #away: Error | null = null;
  readonly #short = new BoundedCache<string, true>({ max: MOST_SHORT, ttlMs: SHORT_FOR_MS });

  constructor(
    private readonly reader: HeavyReader,
    turns: FairQueueLimits,
    private readonly statementTimeoutMs: number,
  ) {
    this.#queue = new FairQueue(turns);
  }

  /** Whether this statement, with these values, was so fast a moment ago that it may run on the event loop. */
  isShort(text: SqlText): boolean {
    return this.#short.has(keyOf(text));
  }

  /** Call it after every run of the statement. */
  noteTime(text: SqlText, cpuMs: number): void {
    const key = keyOf(text);
    if (cpuMs >= SHORT_MS) this.#short.delete(key);
    else if (key.length <= LONGEST_KEY) this.#short.set(key, true);
  }

  /** Statements that the database is busy with. */
  get running(): number {
    return this.#queue.running;
  }

  /** Statements that wait for their turn. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Without an operation, only the statement timeout applies. Rejects with the operation's error when its time is over. */
  async read<R>(text: SqlText, asObjects: boolean, operation: Operation | null): Promise<R[]> {
    requireSqlText(text);
    const rows = operation === null ? await this.#alone(text, asObjects) : await this.#within(operation, text, asObjects);
    return rows as R[];
  }

  async close(): Promise<void> {
    await this.reader.close();
  }

  async #within(operation: Operation, text: SqlText, asObjects: boolean): Promise<unknown[]> {
    const statementMs = this.statementTimeoutMs;
    const msLeft = (): number => Math.min(operation.msLeft, statementMs);
    const overtime = (): AppError => (operation.msLeft < NEARLY_OVER_MS ? operation.tooSlow() : statementTooLong(statementMs));
    try {
      return await operation.duringRead(async (signal) => this.#inTurn(operation.user, text, asObjects, { signal, msLeft, overtime, time: operation.readTime }));
    } catch (error) {
      if (isDatabaseAway(error)) operation.noteUnanswered(error);
      throw error;
    }
  }

  async #alone(text: SqlText, asObjects: boolean): Promise<unknown[]> {
    const overtime = (): AppError => statementTooLong(this.statementTimeoutMs);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(overtime()), this.statementTimeoutMs);
    try {
      return await this.#inTurn(NO_USER, text, asObjects, { signal: abort.signal, msLeft: () => this.statementTimeoutMs, overtime, time: { cpuMs: 0, waitMs: 0 } });
    } finally {
      clearTimeout(timer);
    }
  }

  async #inTurn(user: string, text: SqlText, asObjects: boolean, limit: ReadLimit): Promise<unknown[]> {
    let hasBegun = false;
    const read = async (): Promise<unknown[]> => {
      hasBegun = true;
      const before = limit.time.cpuMs;
      try {
        const rows = await this.reader.read(text, asObjects, limit);
        const tookMs = limit.time.cpuMs - before;
        // Postgres reports no processor time, and its statements never run on the event loop, so nothing is cached for it.
        if (tookMs > 0) this.noteTime(text, tookMs);
        limit.time.cpuMs += ASKING_MS;
        this.#away = null;
        return rows;
      } catch (error) {
        this.#away = isDatabaseAway(error) ? error : null;
        // The time of the operation was over because the database did not answer.
        if (this.#away !== null) throw error;
        if (limit.signal.aborted) throw limit.signal.reason;
        throw isCancelled(error) ? limit.overtime() : error;
      }
    };
    try {
      return await this.#queue.run(user, limit.signal, read);
    } catch (error) {
      throw hasBegun ? error : (this.#away ?? error);
    }
  }
}

/** By driver; an SQLite database in memory has none. */
const all = new WeakMap<object, HeavyReads>();

export function giveHeavyReads(driver: object, reads: HeavyReads): void {
  all.set(driver, reads);
}

export function heavyReadsOf(driver: object): HeavyReads | undefined {
  return all.get(driver);
}
