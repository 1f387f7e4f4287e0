import { ALLOWED, type Viewer } from '../access/viewer.js';
import { AppError, blame } from '../platform/errors.js';
import type { TaskPhase } from './task.states.js';
import type { TaskType } from './task.type.js';

/** In these phases the result of a task is made final, and a cancel comes too late. */
export const FINAL_PHASES: readonly TaskPhase[] = ['PUBLISHING', 'DONE'];

type Cancelled = Pick<TaskType, 'userId' | 'status' | 'phase' | 'finishedAt'>;

/** The refusal of a cancel that comes too late; `id` as the caller knows it. */
export function notCancellable({ status, phase, finishedAt }: Omit<Cancelled, 'userId'>, id: string): AppError {
  const state = finishedAt === null ? `its phase is ${phase}` : `its status is ${status}`;
  return blame(new AppError('TASK_NOT_CANCELLABLE', `Task ${id} can no longer be cancelled: ${state}.`), { id });
}

/** Why the viewer cannot cancel a task that it sees; null when it can. `cancelTask` and `Task.cancel` both answer with it. */
export function cancelRefusal(viewer: Viewer, task: Cancelled, id: string): AppError | null {
  const verdict = task.userId === viewer.userId ? ALLOWED : viewer.can('task.cancelAny');
  if (!verdict.allowed) return verdict.error;
  return task.finishedAt !== null || FINAL_PHASES.includes(task.phase) ? notCancellable(task, id) : null;
}
