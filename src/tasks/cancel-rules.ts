import type { Viewer } from '../access/viewer.js';
import { AppError, forbidden } from '../platform/errors.js';
import type { TaskPhase } from './task.states.js';
import type { TaskType } from './task.type.js';

/** In these phases the result of a task is made final, and a cancel comes too late. */
export const FINAL_PHASES: readonly TaskPhase[] = ['PUBLISHING', 'DONE'];

type Cancelled = Pick<TaskType, 'id' | 'userId' | 'status' | 'phase' | 'finishedAt'>;

/** The refusal of a cancel that comes too late. */
export function notCancellable({ id, status, phase, finishedAt }: Pick<Cancelled, 'id' | 'status' | 'phase' | 'finishedAt'>): AppError {
  const state = finishedAt === null ? `its phase is ${phase}` : `it has ${status}`;
  return new AppError('TASK_NOT_CANCELLABLE', `Task ${id} can no longer be cancelled: ${state}.`);
}

/** Why the viewer cannot cancel a task that it sees; null when it can. `cancelTask` and `Task.cancel` both answer with it. */
export function cancelRefusal(viewer: Viewer, task: Cancelled): AppError | null {
  if (task.userId !== viewer.userId && !viewer.can('task.cancelAny').allowed) {
    return forbidden('You may not cancel a task that somebody else asked for.', { permissions: ['SUPER_ADMIN'], datacenter: null });
  }
  return task.finishedAt !== null || FINAL_PHASES.includes(task.phase) ? notCancellable(task) : null;
}
