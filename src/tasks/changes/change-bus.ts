import { type Budget, FairSchedule } from '../../platform/scheduling/fair-schedule.js';
import type { Change, Followed, RightsChange } from './change.js';
import { ChangeListener, type Following } from './change-listener.js';
import { ChangeLog } from './change-log.js';

type Heard<T extends Followed['type']> = Extract<Change, { type: T }> | RightsChange;

/** What `listen` answers. */
export interface Changes<T extends Followed['type']> extends AsyncIterableIterator<Heard<T>> {
  /** Spends what the last change cost: more when it was told. */
  charge(isTold: boolean): void;
}

/**
 * Hands committed changes to those who listen in this process, in the order of their commits, and to a relay. Listeners take
 * turns. One that falls 1,000 changes behind is ended rather than let the memory grow.
 */
export class ChangeBus {
  readonly #listeners = new Map<ChangeListener, Followed['type']>();
  readonly #logs = { image: new ChangeLog(), task: new ChangeLog(), repository: new ChangeLog() };
  readonly #schedule = new FairSchedule();
  #round: Iterator<ChangeListener> = this.#listeners.keys();
  #relay: ((change: Change) => void) | null = null;

  get listening(): number {
    return this.#listeners.size;
  }

  /** Whom what is done for a listener is charged to; without it that costs nothing. */
  useBudget(budget: Budget): void {
    this.#schedule.useBudget(budget);
  }

  /** Changes of this process are handed on, too, to those who listen in others. */
  relayTo(relay: (change: Change) => void): void {
    this.#relay = relay;
  }

  publish(change: Change): void {
    this.deliver(change);
    this.#relay?.(change);
  }

  /** To those who listen here. */
  deliver(change: Change): void {
    if (change.type === 'rights') {
      for (const listener of this.#listeners.keys()) listener.remind();
      return;
    }
    this.#logs[change.type].add(change);
    for (const [listener, type] of this.#listeners) if (type === change.type) listener.notice(change);
  }

  /** Has the next `count` listeners look again whether they still may, round and round: cheap however many there are. */
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

  /** Every wanted change of that type from now on; ends by `return()`. Listening starts at the call, not at the first `next`. */
  listen<T extends Followed['type']>(type: T, following: Omit<Following, 'isWanted'> & { isWanted(change: Extract<Followed, { type: T }>): boolean }): Changes<T> {
    const listener = new ChangeListener(this.#logs[type], this.#schedule, following as Following, (ended) => this.#listeners.delete(ended));
    this.#listeners.set(listener, type);
    return listener as AsyncIterableIterator<Change> as Changes<T>;
  }

  /** Changes did not arrive: ends every listener with SLOW_READER, so that its reader looks anew. */
  lost(): void {
    for (const listener of [...this.#listeners.keys()]) listener.lose();
  }

  /** Ends every listener, for the stop of the process. */
  close(): void {
    for (const listener of [...this.#listeners.keys()]) void listener.return();
  }
}
