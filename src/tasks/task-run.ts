import type { SqlEntityManager } from '../platform/database.js';
import { AppError } from '../platform/errors.js';
import type { ChangeBus } from './change-bus.js';
import { Task } from './task.entity.js';
import type { TaskAction, TaskPhase } from './task.states.js';

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

/** How a task ended other than well. */
export interface Failure {
  status: 'FAILED' | 'CANCELLED';
  code: string;
  message: string;
}

/** The outcome to record for an error; what was not thrown on purpose is masked here and logged by the runner. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunStopped) return { status: 'CANCELLED', code: 'CANCELLED', message: 'Cancelled on request.' };
  if (error instanceof AppError) return { status: 'FAILED', code: error.code, message: error.message };
  return { status: 'FAILED', code: 'INTERNAL_SERVER_ERROR', message: 'An internal error stopped the task.' };
}

/** One attempt at a task, as its handler sees it. Every method that waits ends early once the run is stopped. */
export class TaskRun {
  #lastReport = 0;

  constructor(
    readonly task: Readonly<Pick<Task, 'id' | 'instructions' | 'imageName' | 'attempts'>> & { action: TaskAction },
    readonly signal: AbortSignal,
    private readonly em: () => SqlEntityManager,
    private readonly changes: ChangeBus,
  ) {}

  /** Throws RunStopped when the run is to end. */
  checkpoint(): void {
    if (this.signal.aborted) throw new RunStopped(this.signal.reason as StopReason);
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
   * The point of no return: enters PUBLISHING and keeps what a restart needs, unless a cancel came first, which wins.
   */
  async commitToPublish(remember: Record<string, unknown>): Promise<void> {
    this.checkpoint();
    const instructions = { ...this.task.instructions, ...remember };
    const updated = await this.em().nativeUpdate(
      Task,
      { id: this.task.id, cancelRequested: false, finishedAt: null },
      { phase: 'PUBLISHING', instructions },
    );
    if (updated === 0) throw new RunStopped('cancelled');
    this.#announce();
  }

  /** What a restart would find; newer than `task.instructions` once `commitToPublish` has been called. */
  async latestInstructions<T>(): Promise<T> {
    const task = await this.em().findOneOrFail(Task, this.task.id, { fields: ['instructions'] });
    return task.instructions as T;
  }

  async #write(data: { phase?: TaskPhase; bytesDone?: number; bytesTotal?: number }): Promise<void> {
    await this.em().nativeUpdate(Task, { id: this.task.id, finishedAt: null }, data);
    this.#announce();
  }

  #announce(): void {
    this.changes.publish({ type: 'task', taskId: this.task.id, imageName: this.task.imageName ?? null });
  }
}
