import { AppError } from '../platform/errors.js';

/** What happened to an image, with what it takes to decide who may hear of it once the row is gone. */
export interface ImageChange {
  type: 'image';
  kind: 'CREATED' | 'UPDATED' | 'DELETED';
  imageId: number;
  uuid: string;
  name: string;
  access: string;
  ownerId: number;
  datacenterIds: readonly number[];
  boundDatacenterId: number | null;
}
export interface TaskChange {
  type: 'task';
  taskId: string;
  imageName: string | null;
}
export interface RepositoryChange {
  type: 'repository';
  repositoryId: number;
}
/** Nothing to show: whoever listens looks again whether it still may. */
export interface RightsChange {
  type: 'rights';
}
export type Change = ImageChange | TaskChange | RepositoryChange | RightsChange;
type Followed = Exclude<Change, RightsChange>;
type Heard<T extends Followed['type']> = Extract<Change, { type: T }> | RightsChange;

/** How many changes may wait for one slow subscriber before it is cut off. */
const BACKLOG_LIMIT = 1000;

/** An iterator over what is offered to it, until it is ended; throws SLOW_READER once it has fallen too far behind. */
class Listener implements AsyncIterableIterator<Change> {
  readonly #waiting: Change[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #overrun = false;

  constructor(private readonly onEnd: (listener: Listener) => void) {}

  offer(change: Change): void {
    if (this.#ended) return;
    if (change.type === 'rights' && this.#waiting.at(-1)?.type === 'rights') return;
    this.#waiting.push(change);
    if (this.#waiting.length > BACKLOG_LIMIT) this.overrun();
    this.#wake?.();
  }

  /** Ends it with SLOW_READER. */
  overrun(): void {
    this.#overrun = true;
    this.#waiting.length = 0;
    this.#end();
  }

  async next(): Promise<IteratorResult<Change>> {
    for (;;) {
      if (this.#overrun) {
        this.#overrun = false;
        throw slowReader();
      }
      const change = this.#waiting.shift();
      if (change !== undefined) return { done: false, value: change };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  async return(): Promise<IteratorResult<Change>> {
    this.#waiting.length = 0;
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#ended = true;
    this.onEnd(this);
    this.#wake?.();
  }
}

/** Events were lost on the way to a subscriber: it must read the present state and subscribe anew. */
function slowReader(): AppError {
  return new AppError('SLOW_READER', 'Some events were lost on the way, as they came faster than they were read or a connection broke; read the present state and subscribe again.');
}

/**
 * Hands committed changes to those who listen in this process, in the order of their commits, and to a relay. A listener that falls
 * 1,000 changes behind is ended rather than let the memory grow.
 */
export class ChangeBus {
  readonly #listeners = new Map<Listener, Followed['type']>();
  #round: Iterator<Listener> = this.#listeners.keys();
  #relay: ((change: Change) => void) | null = null;

  get listening(): number {
    return this.#listeners.size;
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
    for (const [listener, type] of this.#listeners) if (type === change.type || change.type === 'rights') listener.offer(change);
  }

  /** Has the next `count` listeners look again whether they still may, round and round: cheap however many there are. */
  remind(count: number): void {
    for (let reminded = 0; reminded < Math.min(count, this.#listeners.size); reminded += 1) {
      let { value, done } = this.#round.next();
      if (done) {
        this.#round = this.#listeners.keys();
        ({ value, done } = this.#round.next());
      }
      if (!done) (value as Listener).offer({ type: 'rights' });
    }
  }

  /** Every change of that type from now on; ends by `return()`. Listening starts at the call, not at the first `next`. */
  listen<T extends Followed['type']>(type: T): AsyncIterableIterator<Heard<T>> {
    const listener = new Listener((ended) => this.#listeners.delete(ended));
    this.#listeners.set(listener, type);
    return listener as AsyncIterableIterator<Change> as AsyncIterableIterator<Heard<T>>;
  }

  /** Changes did not arrive: ends every listener with SLOW_READER, so that its reader looks anew. */
  lost(): void {
    for (const listener of [...this.#listeners.keys()]) listener.overrun();
  }

  /** Ends every listener, for the stop of the process. */
  close(): void {
    for (const listener of [...this.#listeners.keys()]) void listener.return();
  }
}
