import { randomUUID } from 'node:crypto';
import { type Database, isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { amongIds, readObjects, readRows } from '../../platform/database/read/read-rows.js';
import { sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { writeAtOnce, writeReturning } from '../../platform/database/write-rows.js';
import type { TaskAction } from '../task.states.js';

/**
 * How long a claim holds without being renewed, and how often it is renewed. The shorter it holds, the sooner another worker takes over
 * after a kill; a worker that stands still for longer, because it is frozen or its database is away, loses its tasks.
 */
export const CLAIM_MS = 10_000;
export const RENEW_MS = 3000;

/** A task that this process has claimed, as it was then. `attempts` is the number of the present attempt. */
export interface ClaimedTask {
  id: string;
  action: TaskAction;
  attempts: number;
  userId: number;
  imageId: number | null;
  imageName: string | null;
  cancelRequested: boolean;
  detail: Record<string, unknown>;
  instructions: Record<string, unknown>;
}

/** An open task, as it waits for a worker. */
export interface OpenTask {
  id: string;
  action: TaskAction;
  userId: number;
}

interface ClaimedRow {
  id: string;
  action: TaskAction;
  attempts: number;
  user_id: number;
  image_id: number | null;
  image_name: string | null;
  cancel_requested: boolean | number;
  detail: string;
  instructions: string;
}

/** The process of the attempt before may have been killed while it waited for a source. */
function withoutWaiting({ waiting: _waiting, ...detail }: Record<string, unknown>): Record<string, unknown> {
  return detail;
}

function toTask(row: ClaimedRow): ClaimedTask {
  return {
    id: row.id,
    action: row.action,
    attempts: row.attempts,
    userId: row.user_id,
    imageId: row.image_id,
    imageName: row.image_name,
    cancelRequested: Boolean(row.cancel_requested),
    // Objects, as recordWork and commitToPublish write them.
    detail: withoutWaiting(JSON.parse(row.detail) as Record<string, unknown>),
    instructions: JSON.parse(row.instructions) as Record<string, unknown>,
  };
}

/** As many as one look reads: the others follow when these have ended. */
const MOST_OPEN = 1000;

/** One attempt at a task: enough to tell whether it is still the present one. */
export type Attempt = Pick<ClaimedTask, 'id' | 'attempts'>;

/** The condition under which an attempt may still write: nobody has claimed the task anew, and it has not ended. */
export function isPresentAttempt({ id, attempts }: Attempt): SqlText {
  return sqlText`task.id = ${id} and task.attempts = ${attempts} and task.finished_at is null`;
}

/**
 * Claims tasks for this process. On Postgres many processes share the tasks: a claim holds for CLAIM_MS by the clock of the database, and
 * whoever claims a task next raises its attempt, so that every late write of the one before misses. On SQLite one process owns the
 * database, and its claims hold until it ends.
 */
export class TaskClaims {
  /** Tells the claims of this process from those of others, also of an earlier process. */
  readonly #owner = randomUUID();

  constructor(private readonly database: Database) {}

  /**
   * Raises the attempt of an open task that nobody holds, and returns it; null when it has ended or another process holds it. A task that
   * was cancelled before it began has no attempt.
   */
  async claim(taskId: string): Promise<ClaimedTask | null> {
    const now = this.#now();
    const text = sqlText`update task set attempts = case when cancel_requested and attempts = 0 then 0 else attempts + 1 end, claimed_by = ${this.#owner}, claimed_until = ${this.#until()},
        status = case when cancel_requested then status else 'RUNNING' end,
        started_at = case when cancel_requested then started_at else coalesce(started_at, ${now}) end
      where id = ${taskId} and finished_at is null and (claimed_until is null or claimed_until < ${now} or claimed_by = ${this.#owner})
      returning id, action, attempts, user_id, image_id, image_name, cancel_requested, detail, instructions`;
    const [row] = await writeReturning<ClaimedRow>(this.#em(), text);
    return row === undefined ? null : toTask(row);
  }

  /** An open task as it is now, whoever holds it; null when it has ended. */
  async read(taskId: string): Promise<ClaimedTask | null> {
    const text = sqlText`select t.id, t.action, t.attempts, t.user_id, t.image_id, t.image_name, t.cancel_requested, t.detail, t.instructions
      from task t where t.id = ${taskId} and t.finished_at is null`;
    const [row] = await readObjects<ClaimedRow>(this.#em(), text);
    return row === undefined ? null : toTask(row);
  }

  /** Holds the claims for another while. Returns the ids of those that are lost: claimed anew, or ended. */
  async renew(held: readonly Attempt[]): Promise<string[]> {
    if (held.length === 0 || isSqlite(this.database.em)) return [];
    const [ids, attempts] = [held.map(({ id }) => id), held.map((task) => task.attempts)];
    const text = sqlText`update task set claimed_until = ${this.#until()}
      from unnest(cast(${ids} as varchar[]), cast(${attempts} as integer[])) as held(id, attempts)
      where task.id = held.id and task.attempts = held.attempts and task.finished_at is null and task.claimed_by = ${this.#owner}
      returning task.id`;
    const renewed = new Set((await writeReturning<{ id: string }>(this.#em(), text)).map(({ id }) => id));
    return ids.filter((id) => !renewed.has(id));
  }

  /** Gives a claim back, so that another process need not wait until it runs out. */
  async release(task: Attempt): Promise<void> {
    await writeAtOnce(this.#em(), sqlText`update task set claimed_until = null where ${isPresentAttempt(task)}`);
  }

  /** Gives back the claims of a process that has ended; only for SQLite, where the lock of the folder says that it has. */
  async releaseAll(): Promise<void> {
    if (isSqlite(this.database.em)) await writeAtOnce(this.#em(), sqlText`update task set claimed_until = null where finished_at is null`);
  }

  /**
   * Open tasks that nobody holds and that were recorded so long ago, oldest first. Also those of the future: the clock of whoever recorded
   * them goes wrong, or that of this process.
   */
  async free(ageMs: number): Promise<OpenTask[]> {
    const now = Date.now();
    const text = sqlText`select t.id, t.action, t.user_id from task t
      where t.status in ('PENDING', 'RUNNING') and (t.claimed_until is null or t.claimed_until < ${this.#now()}) and (t.created_at <= ${now - ageMs} or t.created_at > ${now})
      order by t.id limit ${sqlInteger(MOST_OPEN, { max: MOST_OPEN })}`;
    const rows = await readRows<[id: string, action: TaskAction, userId: number]>(this.#em(), text);
    return rows.map(([id, action, userId]) => ({ id, action, userId }));
  }

  /** Which of the tasks somebody has asked to cancel. */
  async cancelled(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const text = sqlText`select t.id from task t where ${amongIds(this.#em(), 't.id', ids)} and t.cancel_requested and t.finished_at is null`;
    return (await readRows<[id: string]>(this.#em(), text)).map(([id]) => id);
  }

  /** Whether a task is still open. */
  async isOpen(taskId: string): Promise<boolean> {
    return (await readRows(this.#em(), sqlText`select t.id from task t where t.id = ${taskId} and t.finished_at is null`)).length > 0;
  }

  /** Milliseconds by the clock of the database, which all processes share. */
  #now(): SqlText {
    return isSqlite(this.database.em) ? sqlText`${Date.now()}` : sqlText`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
  }

  /** Null is a claim that nobody holds, so on SQLite, where claims do not run out, the end lies beyond every clock. */
  #until(): SqlText {
    return isSqlite(this.database.em) ? sqlText`${Number.MAX_SAFE_INTEGER}` : sqlText`${this.#now()} + ${sqlInteger(CLAIM_MS, { max: CLAIM_MS })}`;
  }

  #em(): SqlEntityManager {
    return this.database.em.fork();
  }
}
