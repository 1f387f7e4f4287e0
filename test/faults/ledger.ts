import type { TaskAction } from '../../src/tasks/task.states.js';
import type { Outcome } from './client.js';

/** A task that a gateway acknowledged. */
export interface AcknowledgedTask {
  id: string;
  action: TaskAction;
}

/** What came of a task, as somebody saw it once it had ended. */
export interface SeenEnd {
  status: string;
  errorCode: string | null;
  finishedAt: string;
}

/** The id of a task in its row, from that in the graph. */
export function taskRowId(id: string): string {
  return Buffer.from(id, 'base64').toString().split(':').at(-1) ?? id;
}

/** Changes of one kind: how many of them are known to be made, and how many may be. */
export interface ChangeTally {
  made: number;
  unknown: number;
}

/** Whatever the gateways acknowledged: the log of tasks must have it. */
export class Ledger {
  readonly tasks: AcknowledgedTask[] = [];
  readonly ends = new Map<string, SeenEnd>();
  readonly #tallies = new Map<TaskAction, ChangeTally>();

  /** `taskId` is null for a change whose payload names no task. */
  record(action: TaskAction, { kind }: Pick<Outcome, 'kind'>, taskId: string | null): void {
    const tally = this.tally(action);
    if (kind === 'done') tally.made += 1;
    if (kind === 'unknown') tally.unknown += 1;
    if (taskId !== null) this.tasks.push({ id: taskId, action });
  }

  tally(action: TaskAction): ChangeTally {
    const known = this.#tallies.get(action) ?? { made: 0, unknown: 0 };
    this.#tallies.set(action, known);
    return known;
  }

  get tallies(): ReadonlyMap<TaskAction, ChangeTally> {
    return this.#tallies;
  }
}
