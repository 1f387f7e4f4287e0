import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { inTransaction } from '../../platform/database/in-transaction.js';
import type { ChangeBus } from '../changes/change-bus.js';
import { type Failure, succeedTask } from './end-task.js';
import { Task } from '../task.entity.js';
import { demandStarter, type TaskPermission } from './task-permission.js';
import type { TaskAction, TaskPhase } from '../task.states.js';
import type { Announce } from '../changes/transact.js';

/** How often progress within a phase is written and announced. */
const PROGRESS_INTERVAL_MS = 500;

/** Why a run is stopped before its end: on request, or because the process stops and will take it up again. */
export type StopReason = 'cancelled' | 'shutdown';

/** Thrown by a run that found itself stopped. */
export class RunStopped extends Error {
  constructor(readonly reason: StopReason) {
    super(`The task was stopped: ${reason}.`);
    this.name = 'RunStopped';
  }
}

/** The outcome to record for an error; what was not thrown on purpose is masked here and logged by the runner. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunStopped) return { status: 'CANCELLED', code: 'CANCELLED', message: 'Cancelled on request.' };
  if (error instanceof AppError) return { status: 'FAILED', code: error.code, message: error.message };
  return { status: 'FAILED', code: 'INTERNAL_SERVER_ERROR', message: 'An internal error stopped the task.' };
}

/** What a handler sees of the row of its task. */
export type RunningTask = Readonly<Pick<Task, 'id' | 'instructions' | 'imageName' | 'attempts' | 'user' | 'detail'>> & { action: TaskAction };

export interface RunParts {
  em: () => SqlEntityManager;
  changes: ChangeBus;
  /** What the task takes at this moment; null once its effects are final, so that nothing is left to refuse. */
  permission: (em: SqlEntityManager, task: RunningTask) => Promise<TaskPermission | null>;
}

/** One attempt at a task, as its handler sees it. Every method that waits ends early once the run is stopped. */
export class TaskRun {
  #lastReport = 0;

  constructor(
    readonly task: RunningTask,
    readonly signal: AbortSignal,
    private readonly parts: RunParts,
  ) {}

  /** Throws RunStopped when the run is to end. */
  checkpoint(): void {
    if (this.signal.aborted) throw new RunStopped(this.signal.reason as StopReason);
  }

  /** FORBIDDEN unless the account that started the task is active and may still have it done. */
  async authorize(em: SqlEntityManager = this.parts.em()): Promise<void> {
    const permission = await this.parts.permission(em, this.task);
    if (permission !== null) await demandStarter(em, this.task.user.id, permission);
  }

  /**
   * Ends the task well, as part of the transaction that makes its effects final. False when it had ended before: then the
   * caller must change nothing. FORBIDDEN when it may no longer be done.
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
   * The point of no return for a cancel: enters PUBLISHING and keeps what a restart needs, unless a cancel came first, which
   * wins. FORBIDDEN when the task may no longer be done.
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

  /** What a restart would find; newer than `task.instructions` once `commitToPublish` has been called. */
  async latestInstructions<T>(): Promise<T> {
    const task = await this.parts.em().findOneOrFail(Task, this.task.id, { fields: ['instructions'] });
    return task.instructions as T;
  }

  /** Whether this attempt, or one before it, has called `commitToPublish`. */
  async isPublishing(): Promise<boolean> {
    return (await this.parts.em().count(Task, { id: this.task.id, phase: 'PUBLISHING' })) > 0;
  }

  async #write(data: { phase?: TaskPhase; bytesDone?: number; bytesTotal?: number }): Promise<void> {
    await this.parts.em().nativeUpdate(Task, { id: this.task.id, finishedAt: null }, data);
    this.#announce();
  }

  #announce(): void {
    this.parts.changes.publish({ type: 'task', taskId: this.task.id, imageName: this.task.imageName ?? null });
  }
}
