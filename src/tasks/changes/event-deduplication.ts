import type { TaskType } from '../task.type.js';

const MOST_TASKS = 1000;

/**
 * What a subscriber heard last of each task. An event is read when it is told, so a task that is quick may be read in the
 * same state twice; the second time it is no news. Forgets the oldest of more than 1,000 tasks.
 */
export class EventDeduplication {
  readonly #told = new Map<string, string>();

  /** The task, or null when this very state was told already. */
  news(task: TaskType | null): TaskType | null {
    if (task === null) return null;
    const { id, status, phase, bytesDone, bytesTotal, attempts } = task;
    const state = [status, phase, bytesDone, bytesTotal, attempts].join(' ');
    if (this.#told.get(id) === state) return null;
    this.#told.delete(id);
    this.#told.set(id, state);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MOST_TASKS && oldest !== undefined) this.#told.delete(oldest);
    return task;
  }
}
