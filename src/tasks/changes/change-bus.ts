import { type Budget, FairSchedule } from '../../platform/scheduling/fair-schedule.js';
import type { TaskAction } from '../task.states.js';
import type { Change, Followed, RightsChange } from './change.js';
import { ChangeListener, type Following } from './change-listener.js';
import { ChangeLog } from './change-log.js';

type Heard<T extends Followed['type']> = Extract<Change, { type: T }> | RightsChange;

/** What a worker hears of tasks from other processes. */
export interface TaskListener {
  recorded(taskId: string, action: TaskAction, userId: number): void;
  cancelled(taskId: string): void;
}

/** The changes that a listener receives. */
export interface Changes<T extends Followed['type']> extends AsyncIterableIterator<Heard<T>> {
  /** Charges the user for the last change: more when it was sent. */
  charge(isTold: boolean): void;
}

/**
 * Delivers committed changes to the listeners of this process, in the order of the commits, and to a relay. Listeners take turns. One
 * that falls 1,000 changes behind is ended, so that memory stays bounded.
 */
export class ChangeBus {
  readonly #listeners = new Map<ChangeListener, Followed['type']>();
  readonly #logs = { image: new ChangeLog(), task: new ChangeLog(), repository: new ChangeLog() };
  readonly #schedule = new FairSchedule();
  #round: Iterator<ChangeListener> = this.#listeners.keys();
  #relay: ((change: Change) => void) | null = null;
  #worker: TaskListener | null = null;
  #forget: (() => void) | null = null;

  get listening(): number {
    return this.#listeners.size;
  }

  /** Sets the budget that the work for listeners is charged to; without one it is free. */
  useBudget(budget: Budget): void {
    this.#schedule.useBudget(budget);
  }

  /** Also sends the changes of this process to the listeners in other processes. */
  relayTo(relay: (change: Change) => void): void {
    this.#relay = relay;
  }

  /** Tells a worker what other processes do with tasks. */
  tellWorker(worker: TaskListener): void {
    this.#worker = worker;
  }

  /** Calls back when rights changed in another process, or may have: what was read of them must be forgotten. */
  onRightsElsewhere(forget: () => void): void {
    this.#forget = forget;
  }

  publish(change: Change): void {
    this.deliver(change);
    this.#relay?.(change);
  }

  /** Takes a change from another process. */
  receive(change: Change): void {
    if (change.type === 'rights') this.#forget?.();
    this.deliver(change);
    if (change.type !== 'task') return;
    if (change.recorded !== undefined) this.#worker?.recorded(change.taskId, change.recorded.action, change.recorded.userId);
    if (change.isCancelled === true) this.#worker?.cancelled(change.taskId);
  }

  /** Delivers a change to the listeners of this process only. */
  deliver(change: Change): void {
    if (change.type === 'rights') {
      for (const listener of this.#listeners.keys()) listener.remind();
      return;
    }
    this.#logs[change.type].add(change);
    for (const [listener, type] of this.#listeners) if (type === change.type) listener.notice(change);
  }

  /** Makes the next `count` listeners check their permissions again, round-robin, so that the cost is bounded. */
  remind(count: number): void {
    for (let reminded = 0; reminded < Math.min(count, this.#listeners.size); reminded += 1) {
      let { value, done } = this.#round.next();
      if (done) {
        this.#round = this.#listeners.keys();
        ({ value, done } = this.#round.next());
      }
      if (!done) (value as ChangeListener).remind();
    }
  }

  /** Every wanted change of a type until `return()`. Listening starts with this call, not with the first `next()`. */
  listen<T extends Followed['type']>(type: T, following: Omit<Following, 'isWanted'> & { isWanted(change: Extract<Followed, { type: T }>): boolean }): Changes<T> {
    const listener = new ChangeListener(this.#logs[type], this.#schedule, following as Following, (ended) => this.#listeners.delete(ended));
    this.#listeners.set(listener, type);
    return listener as AsyncIterableIterator<Change> as Changes<T>;
  }

  /** Changes were lost: ends every listener with SLOW_READER, so that its client reads the present state. */
  lost(): void {
    this.#forget?.();
    for (const listener of [...this.#listeners.keys()]) listener.lose();
  }

  /** Ends every listener, when the process stops. */
  close(): void {
    for (const listener of [...this.#listeners.keys()]) void listener.return();
  }
}
