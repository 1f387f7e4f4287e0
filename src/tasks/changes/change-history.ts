import { randomUUID } from 'node:crypto';
import { type Database, isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { joinTexts, sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { writeAtOnce, writeReturning, writeRows } from '../../platform/database/write-rows.js';
import type { Big } from '../../platform/database/tables.js';
import type { Followed } from './change.js';
import { DatabaseClock } from './database-clock.js';

/** How long changes are recorded. */
export const RECORDED_MS = 15 * 60_000;
/** The longest time from writing a change to its commit that is counted on. */
export const COMMIT_MARGIN_MS = 10_000;
const PRUNE_MS = 60_000;
const ROWS_PER_INSERT = 200;
const ROWS_PER_PAGE = 500;

/** Milliseconds since 1970, by the clock of Postgres. */
export const POSTGRES_NOW = sqlText`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;

/** Where a reader of the record is. */
export interface RecordPosition {
  since: number;
  afterId: string;
}

/** Recorded changes, oldest first; `next` is null after the last ones. */
export interface RecordPage {
  changes: Followed[];
  next: RecordPosition | null;
}

/**
 * The changes of the last 15 minutes, each written in the transaction that made it. Streams read here what they missed: when the
 * connection between processes broke, or when more rows changed than memory holds for a slow reader.
 */
export class ChangeHistory {
  readonly clock = new DatabaseClock();
  readonly #process = randomUUID().slice(0, 23);
  #recorded = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly database: Database) {}

  /** Writes changes in the transaction that makes them; returns them with their time and the id of their row. */
  async record(tx: SqlEntityManager, changes: readonly Followed[]): Promise<Followed[]> {
    const recorded: Followed[] = [];
    for (let from = 0; from < changes.length; from += ROWS_PER_INSERT) recorded.push(...(await this.#insert(tx, changes.slice(from, from + ROWS_PER_INSERT))));
    return recorded;
  }

  async #insert(tx: SqlEntityManager, changes: readonly Followed[]): Promise<Followed[]> {
    const withIds = changes.map((change) => ({ ...change, recordId: this.#newId() }));
    const now = this.clock.now();
    const time = isSqlite(tx) ? sqlText`${now}` : POSTGRES_NOW;
    const rows = withIds.map(({ recordId, ...change }) => sqlText`(${recordId}, ${time}, ${JSON.stringify(change)})`);
    const insertion = sqlText`insert into recorded_change (id, changed_at, body) values ${joinTexts(rows, ', ')}`;
    const at = isSqlite(tx) ? await writeRows(tx, insertion).then(() => now) : await this.#timeOf(tx, insertion);
    return withIds.map((change) => ({ ...change, at }));
  }

  async #timeOf(tx: SqlEntityManager, insertion: SqlText): Promise<number> {
    const [row] = await writeReturning<{ changed_at: Big }>(tx, sqlText`${insertion} returning changed_at`);
    const at = Number(row?.changed_at);
    this.clock.set(at);
    return at;
  }

  /** Ids of one process sort in the order in which it gave them. */
  #newId(): string {
    this.#recorded += 1;
    return `${this.#process}-${this.#recorded.toString(36).padStart(10, '0')}`;
  }

  async page(em: Reads, { since, afterId }: RecordPosition): Promise<RecordPage> {
    const text = sqlText`select c.id, c.changed_at, c.body from recorded_change c where c.changed_at >= ${since} and (c.changed_at > ${since} or c.id > ${afterId})
      order by c.changed_at, c.id limit ${sqlInteger(ROWS_PER_PAGE, { max: ROWS_PER_PAGE })}`;
    const rows = await readRows<[recordId: string, at: Big, body: string]>(em, text);
    const last = rows.at(-1);
    return {
      changes: rows.map(([recordId, at, body]) => ({ ...(JSON.parse(body) as Followed), at: Number(at), recordId })), // JSON that `record` has written
      next: last === undefined || rows.length < ROWS_PER_PAGE ? null : { since: Number(last[1]), afterId: last[0] },
    };
  }

  /** An EntityManager to read the record with, outside of any request. */
  get em(): SqlEntityManager {
    return this.database.em.fork();
  }

  /** Whether all changes since that time are still recorded. */
  reaches(since: number): boolean {
    return since >= this.clock.now() - RECORDED_MS;
  }

  /** Deletes changes that are older than 15 minutes, now and every minute. */
  startPruning(onError: (error: unknown) => void): void {
    const prune = (): void => void this.#prune().catch(onError);
    prune();
    this.#timer = setInterval(prune, PRUNE_MS).unref();
  }

  stopPruning(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #prune(): Promise<void> {
    const { em } = this;
    const now = isSqlite(em) ? sqlText`cast(${this.clock.now()} as bigint)` : POSTGRES_NOW;
    // Somewhat later than `reaches` says, so that nobody counts on a row that is being deleted.
    await writeAtOnce(em, sqlText`delete from recorded_change where changed_at < ${now} - ${sqlInteger(RECORDED_MS + PRUNE_MS, { max: 2 ** 31 })}`);
  }
}
