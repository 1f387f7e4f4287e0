import type { Logger } from 'pino';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { ChangeBus } from '../changes/change-bus.js';
import { type Failure, succeedTask } from './end-task.js';
import { Task } from '../task.entity.js';
import { starterGroupsOf } from './record-task.js';
import { demandStarter, type TaskPermission } from './task-permission.js';
import type { TaskAction, TaskPhase } from '../task.states.js';
import type { Announce } from '../changes/transact.js';

/** The interval at which progress within a phase is written and published. */
const PROGRESS_INTERVAL_MS = 500;

/** Why a run is aborted: a cancel, or the stop of the process, after which the next start resumes it. */
export type StopReason = 'cancelled' | 'shutdown';

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

/** The columns of a task that its handler reads. */
export type RunningTask = Readonly<Pick<Task, 'id' | 'instructions' | 'imageName' | 'attempts' | 'user' | 'detail'>> & { action: TaskAction };

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
  #lastReport = 0;

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
    const { user, instructions } = this.task;
    if (permission !== null) await demandStarter(em, { userId: user.id, tokenGroups: starterGroupsOf(instructions) }, permission);
  }

  /**
   * Ends the task as succeeded, in the transaction that makes its effects final. False when it had ended before: the caller must then
   * change nothing. FORBIDDEN when its starter lost the permission.
   */
  async succeed(tx: SqlEntityManager, announce: Announce, outcome: Parameters<typeof succeedTask>[3] = {}): Promise<boolean> {
    await this.authorize(tx);
    return succeedTask(tx, this.task.id, announce, outcome);
  }

  async enter(phase: TaskPhase, bytes?: { done: number; total: number }): Promise<void> {
    this.checkpoint();
    this.#lastReport = Date.now();
    await this.#write({ phase, ...(bytes && { bytesDone: bytes.done, bytesTotal: bytes.total }) });
  }

  /** Progress within a phase; cheap to call for every chunk. */
  async progress(bytesDone: number): Promise<void> {
    if (Date.now() - this.#lastReport < PROGRESS_INTERVAL_MS) return;
    this.#lastReport = Date.now();
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
    const instructions = { ...this.task.instructions, ...remember };
    const updated = await inTransaction(this.parts.em(), async (tx) => {
      await this.authorize(tx);
      return tx.nativeUpdate(Task, { id: this.task.id, cancelRequested: false, finishedAt: null }, { phase: 'PUBLISHING', instructions });
    });
    if (updated === 0) throw new RunStopped('cancelled');
    this.#announce();
  }

  /** The stored instructions; newer than `task.instructions` after `commitToPublish`. */
  async latestInstructions<T>(): Promise<T> {
    const task = await this.parts.em().findOneOrFail(Task, this.task.id, { fields: ['instructions'] });
    return task.instructions as T;
  }

  /** Whether this attempt or an earlier one has called `commitToPublish`. */
  async isPublishing(): Promise<boolean> {
    return (await this.parts.em().count(Task, { id: this.task.id, phase: 'PUBLISHING' })) > 0;
  }

  async #write(data: Pick<Partial<Task>, 'phase' | 'bytesDone' | 'bytesTotal' | 'detail'>): Promise<void> {
    await this.parts.em().nativeUpdate(Task, { id: this.task.id, finishedAt: null }, data);
    this.#announce();
  }

  #announce(): void {
    this.parts.changes.publish({ type: 'task', taskId: this.task.id, imageName: this.task.imageName ?? null });
  }
}
