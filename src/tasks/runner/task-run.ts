import type { Logger } from 'pino';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { writeRows } from '../../platform/database/write-rows.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { ChangeBus } from '../changes/change-bus.js';
import { type ClaimedTask, isPresentAttempt } from './claims.js';
import { endTask, type Failure, type Success } from './end-task.js';
import { Task } from '../task.entity.js';
import { starterGroupsOf } from './record-task.js';
import { demandStarter, type TaskPermission } from './task-permission.js';
import type { TaskPhase } from '../task.states.js';
import type { Announce } from '../changes/transact.js';

/** The interval at which progress within a phase is written and published. */
const PROGRESS_INTERVAL_MS = 500;

/**
 * Why a run is aborted: a cancel; the stop of the process, after which another one takes the task up; or the loss of the claim, after
 * which the task is none of this process's business.
 */
export type StopReason = 'cancelled' | 'shutdown' | 'lost';

/** Thrown by a run that was aborted. */
export class RunStopped extends Error {
  constructor(readonly reason: StopReason) {
    super(`The task was stopped: ${reason}.`);
    this.name = 'RunStopped';
  }
}

/** The outcome to record for an error. Masks unexpected errors, which the runner logs. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunStopped) return { status: 'CANCELLED', code: 'CANCELLED', message: 'Cancelled on request.' };
  if (error instanceof AppError) return { status: 'FAILED', code: error.code, message: error.message };
  return { status: 'FAILED', code: 'INTERNAL_SERVER_ERROR', message: 'An internal error stopped the task.' };
}

/** A task as its handler sees it. */
export type RunningTask = Readonly<ClaimedTask>;

export interface RunParts {
  em: () => SqlEntityManager;
  changes: ChangeBus;
  /** The permission that the task needs now; null once its effects are final. */
  permission: (em: SqlEntityManager, task: RunningTask) => Promise<TaskPermission | null>;
  log: Logger;
  /** Lets other tasks run until `wait` ends. */
  pause: (wait: () => Promise<void>) => Promise<void>;
}

/** Why a run waits, as the detail of its task shows it. */
export interface Waiting {
  reason: string;
  /** Attempts so far. */
  attempts: number;
  /** Since when the source is out. */
  since: Date;
  nextAttemptAt: Date;
}

/** One attempt at a task, for its handler. Every async method ends early once the run is aborted. */
export class TaskRun {
  #lastReport = -Infinity;

  constructor(
    readonly task: RunningTask,
    readonly signal: AbortSignal,
    private readonly parts: RunParts,
  ) {}

  /** Throws RunStopped once the run is aborted. */
  checkpoint(): void {
    if (this.signal.aborted) throw new RunStopped(this.signal.reason as StopReason);
  }

  /** FORBIDDEN unless the account that started the task is active and still has the permission. */
  async authorize(em: SqlEntityManager = this.parts.em()): Promise<void> {
    const permission = await this.parts.permission(em, this.task);
    const { userId, instructions } = this.task;
    if (permission !== null) await demandStarter(em, { userId, tokenGroups: starterGroupsOf(instructions) }, permission);
  }

  /**
   * Locks the row of the task until the transaction ends. Throws RunStopped when another attempt has begun or the task has ended: a
   * transaction that changes other rows calls this first.
   */
  async lockClaim(tx: SqlEntityManager): Promise<void> {
    if ((await writeRows(tx, sqlText`update task set attempts = attempts where ${isPresentAttempt(this.task)}`)) === 0) throw new RunStopped('lost');
  }

  /** Throws RunStopped when another attempt has begun or the task has ended: a step that takes bytes away calls this first. */
  async requireClaim(): Promise<void> {
    if ((await readRows(this.parts.em(), sqlText`select 1 from task where ${isPresentAttempt(this.task)}`)).length === 0) throw new RunStopped('lost');
  }

  /**
   * Ends the task as succeeded, in the transaction that makes its effects final. FORBIDDEN when its starter lost the permission; throws
   * RunStopped when another attempt has begun or the task has ended.
   */
  async succeed(tx: SqlEntityManager, announce: Announce, outcome: Success = {}): Promise<void> {
    await this.authorize(tx);
    if (!(await endTask(tx, this.task, { status: 'SUCCEEDED', phase: 'DONE', ...outcome }, announce))) throw new RunStopped('lost');
  }

  /** Ends the task as failed or cancelled, in the transaction that takes its effects back. Throws RunStopped as `succeed` does. */
  async fail(tx: SqlEntityManager, { status, code, message }: Failure, announce: Announce): Promise<void> {
    if (!(await endTask(tx, this.task, { status, errorCode: code, error: message }, announce))) throw new RunStopped('lost');
  }

  async enter(phase: TaskPhase, bytes?: { done: number; total: number }): Promise<void> {
    this.checkpoint();
    this.#lastReport = performance.now();
    await this.#write({ phase, detail: this.task.detail, ...(bytes && { bytesDone: bytes.done, bytesTotal: bytes.total }) });
  }

  /** Progress within a phase; cheap to call for every chunk. */
  async progress(bytesDone: number): Promise<void> {
    if (performance.now() - this.#lastReport < PROGRESS_INTERVAL_MS) return;
    this.#lastReport = performance.now();
    await this.#write({ bytesDone });
  }

  /**
   * Shows in the detail of the task that it waits, and lets other tasks run until `wait` ends. The log gets a line for the attempts 1, 2, 4,
   * 8 and so on, so that a long outage does not fill it.
   */
  async pause(waiting: Waiting, wait: () => Promise<void>): Promise<void> {
    const { reason, attempts, nextAttemptAt } = waiting;
    if (Number.isInteger(Math.log2(attempts))) {
      this.parts.log.warn({ taskId: this.task.id, image: this.task.imageName, attempts, reason, nextAttemptAt }, 'A task waits for its source.');
    }
    await this.#write({ detail: { ...this.task.detail, waiting } }).catch(() => undefined);
    await this.parts.pause(wait);
    await this.#write({ detail: this.task.detail }).catch(() => undefined);
  }

  /**
   * The point of no return for a cancel: enters PUBLISHING and stores what a restart needs, unless a cancel came first.
   * FORBIDDEN when its starter lost the permission.
   */
  async commitToPublish(remember: Record<string, unknown>): Promise<void> {
    this.checkpoint();
    await inTransaction(this.parts.em(), async (tx) => {
      await this.lockClaim(tx);
      await this.authorize(tx);
      const instructions = { ...(await this.#storedInstructions(tx)), ...remember };
      const { id } = this.task;
      const updated = await tx.nativeUpdate(Task, { id, cancelRequested: false }, { phase: 'PUBLISHING', instructions });
      if (updated === 0) throw new RunStopped('cancelled');
    });
    this.#announce();
  }

  /** Adds to the stored instructions, for a later attempt. In a transaction that has locked the claim. */
  async remember(tx: SqlEntityManager, more: Record<string, unknown>): Promise<void> {
    await tx.nativeUpdate(Task, { id: this.task.id }, { instructions: { ...(await this.#storedInstructions(tx)), ...more } });
  }

  /** The stored instructions; newer than `task.instructions` after `commitToPublish` and `remember`. */
  async latestInstructions<T>(): Promise<T> {
    return (await this.#storedInstructions(this.parts.em())) as T;
  }

  /** Whether this attempt or an earlier one has called `commitToPublish`. */
  async isPublishing(): Promise<boolean> {
    return (await this.parts.em().count(Task, { id: this.task.id, phase: 'PUBLISHING' })) > 0;
  }

  async #storedInstructions(em: SqlEntityManager): Promise<Record<string, unknown>> {
    return (await em.findOneOrFail(Task, this.task.id, { fields: ['instructions'] })).instructions;
  }

  async #write(data: Pick<Partial<Task>, 'phase' | 'bytesDone' | 'bytesTotal' | 'detail'>): Promise<void> {
    const { id, attempts } = this.task;
    if ((await this.parts.em().nativeUpdate(Task, { id, attempts, finishedAt: null }, data)) === 0) throw new RunStopped('lost');
    this.#announce();
  }

  #announce(): void {
    this.parts.changes.publish({ type: 'task', taskId: this.task.id, imageName: this.task.imageName });
  }
}
