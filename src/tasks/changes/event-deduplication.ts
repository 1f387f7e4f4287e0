import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import type { TaskType } from '../task.type.js';

const MOST_TASKS = 1000;

/**
 * The state of each task that a subscriber received last, for 1,000 tasks. A task is read when its event is sent, so two events of a
 * quick task may carry the same state; the second one is dropped.
 */
export class EventDeduplication {
  readonly #lastStates = new BoundedCache<string, string>({ max: MOST_TASKS });

  /** The task, or null when the subscriber has received this state already. */
  unlessSent(task: TaskType | null): TaskType | null {
    if (task === null) return null;
    const { id, status, phase, bytesDone, bytesTotal, attempts } = task;
    const state = [status, phase, bytesDone, bytesTotal, attempts].join(' ');
    if (this.#lastStates.get(id) === state) return null;
    this.#lastStates.set(id, state);
    return task;
  }
}
