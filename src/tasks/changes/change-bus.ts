import type { SqlEntityManager } from '../../platform/database/database.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { type Budget, FairSchedule } from '../../platform/scheduling/fair-schedule.js';
import type { TaskAction } from '../task.states.js';
import type { Change, Followed, FollowedOf } from './change.js';
import { type ChangeHistory, COMMIT_MARGIN_MS, type RecordPage, type RecordPosition } from './change-history.js';
import { ChangeListener, type Following, type Shared } from './change-listener.js';
import { ChangeLog } from './change-log.js';
import { DatabaseClock } from './database-clock.js';
import { MissedChanges } from './missed-changes.js';

/** What a worker hears of tasks from other processes. */
export interface TaskListener {
  recorded(taskId: string, action: TaskAction, userId: number): void;
  cancelled(taskId: string): void;
}

/** Who follows changes of one type, and which. */
export interface FollowingOf<T extends Followed['type']> extends Omit<Following, 'isWanted'> {
  isWanted(change: FollowedOf<T>): boolean;
}

/**
 * Delivers committed changes to the listeners of this process, in the order of the commits, and to a relay. Listeners take turns. One
 * that falls 1,000 rows behind goes on with what the history has, so that memory stays bounded; without a history it is ended.
 */
export class ChangeBus {
  readonly #listeners = new Map<ChangeListener, Followed['type']>();
  readonly #shared: Record<Followed['type'], Shared>;
  readonly #schedule = new FairSchedule();
  readonly #clock: DatabaseClock;
  #round: Iterator<ChangeListener> = this.#listeners.keys();
  #relay: ((change: Change) => void) | null = null;
  #worker: TaskListener | null = null;
  #forget: (() => void) | null = null;

  constructor(private readonly history: ChangeHistory | null = null) {
    this.#clock = history?.clock ?? new DatabaseClock();
    this.#shared = { image: this.#sharedBy('image'), task: this.#sharedBy('task'), repository: this.#sharedBy('repository') };
  }

  get listening(): number {
    return this.#listeners.size;
  }

  /** The present time, by the clock that changes are stamped with. */
  now(): number {
    return this.#clock.now();
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

  /** Records changes in the transaction that makes them, and returns them as they are to be published after the commit. */
  async record(tx: SqlEntityManager, changes: readonly Followed[]): Promise<readonly Followed[]> {
    return this.history === null || changes.length === 0 ? changes : this.history.record(tx, changes);
  }

  /** The recorded changes from there on; none without a history. */
  async recorded(em: Reads, position: RecordPosition): Promise<RecordPage> {
    return this.history === null ? { changes: [], next: null } : this.history.page(em, position);
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
      for (const { log } of Object.values(this.#shared)) log.separate();
      for (const listener of this.#listeners.keys()) listener.remind();
      return;
    }
    const stamped = change.at === undefined ? { ...change, at: this.now() } : change;
    this.#shared[change.type].log.add(stamped);
    for (const [listener, type] of this.#listeners) if (type === change.type) listener.notice(stamped);
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
  listen<T extends Followed['type']>(type: T, following: FollowingOf<T>): ChangeListener {
    return this.#add(type, new ChangeListener(this.#shared[type], following as Following, (ended) => this.#listeners.delete(ended)));
  }

  /** A listener that goes on where another one of the same type is, and first repeats what that one is at. */
  fork<T extends Followed['type']>(type: T, listener: ChangeListener, following: FollowingOf<T>): ChangeListener {
    return this.#add(type, listener.fork(following as Following, (ended) => this.#listeners.delete(ended)));
  }

  #add(type: Followed['type'], listener: ChangeListener): ChangeListener {
    this.#listeners.set(listener, type);
    return listener;
  }

  /** Changes were lost for good: ends every listener with SLOW_READER, so that its client reads the present state. */
  lost(): void {
    this.#forget?.();
    for (const listener of [...this.#listeners.keys()]) listener.lose();
  }

  /** Ends every listener, when the process stops. */
  close(): void {
    for (const listener of [...this.#listeners.keys()]) void listener.return();
  }

  #sharedBy(type: Followed['type']): Shared {
    return {
      log: new ChangeLog(),
      schedule: this.#schedule,
      now: () => this.now(),
      missedSince: (at) => {
        const { history } = this;
        return history?.reaches(at - COMMIT_MARGIN_MS) === true ? new MissedChanges(history, type, at) : null;
      },
    };
  }
}
