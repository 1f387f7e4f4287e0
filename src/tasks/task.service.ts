import { verdictOf } from '../access/verdict.type.js';
import type { Viewer } from '../access/viewer.js';
import type { SqlEntityManager } from '../platform/database/database.js';
import type { AppError } from '../platform/errors.js';
import { cancelRefusal, FINAL_PHASES, notCancellable } from './cancel-rules.js';
import type { ChangeBus } from './changes/change-bus.js';
import { Task } from './task.entity.js';
import type { TaskQueries } from './task.queries.js';
import type { TaskRunner } from './runner/task-runner.js';
import { TASK_IDS, type TaskCancelVerdictType, type TaskType, taskUuid } from './task.type.js';

/** Cancels tasks. */
export class TaskService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
    private readonly tasks: TaskQueries,
    private readonly work: { runner: TaskRunner; changes: ChangeBus },
  ) {}

  /**
   * Cancels an open task and returns it at once: CANCELLED if it was queued or is undone quickly, else still RUNNING for a moment. For the
   * user who started it and for SuperAdmins.
   * TASK_NOT_CANCELLABLE once it has ended or its result is being published. Messages name the id as it was given.
   */
  async cancel(given: string): Promise<TaskType> {
    const id = taskUuid(given);
    const task = await this.tasks.require(id, given);
    const refusal = cancelRefusal(this.viewer, task, given);
    // The state may change until the statement below, which decides it.
    if (refusal?.code === 'FORBIDDEN') throw refusal;
    // One statement, so that it cannot pass the run's own step into PUBLISHING: one of the two wins.
    const marked = await this.em.fork().nativeUpdate(
      Task,
      { id, finishedAt: null, phase: { $nin: [...FINAL_PHASES] } },
      { cancelRequested: true },
    );
    if (marked === 0) throw await this.#notCancellable(id, given);
    this.work.changes.publish({ type: 'task', taskId: id, imageName: task.imageName ?? null, isCancelled: true });
    await this.work.runner.cancel(id, task.action, task.userId);
    return this.tasks.require(id);
  }

  /** Whether the viewer may cancel a task that was read. */
  cancelVerdict(task: TaskType): TaskCancelVerdictType {
    const { allowed, code, reason } = verdictOf(cancelRefusal(this.viewer, task, TASK_IDS.encode(task.id)));
    return { allowed, code, reason };
  }

  async #notCancellable(id: string, given: string): Promise<AppError> {
    const task = await this.tasks.require(id, given);
    return cancelRefusal(this.viewer, task, given) ?? notCancellable(task, given);
  }
}
