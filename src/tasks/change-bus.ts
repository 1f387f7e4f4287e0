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
export type Change = ImageChange | TaskChange | RepositoryChange;

/** How many changes may wait for one slow subscriber before it is cut off. */
const BACKLOG_LIMIT = 10_000;

/** An unbounded iterator over what is offered to it, until it is ended. */
class Listener implements AsyncIterableIterator<Change> {
  readonly #waiting: Change[] = [];
  #wake: (() => void) | null = null;
  #ended = false;

  constructor(private readonly onEnd: (listener: Listener) => void) {}

  offer(change: Change): void {
    if (this.#waiting.length >= BACKLOG_LIMIT) this.#end();
    if (this.#ended) return;
    this.#waiting.push(change);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Change>> {
    for (;;) {
      const change = this.#waiting.shift();
      if (change !== undefined) return { done: false, value: change };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  async return(): Promise<IteratorResult<Change>> {
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

/**
 * Hands committed changes to those who listen in this process, in the order of their commits. A listener that falls
 * 10,000 changes behind is ended rather than let the memory grow.
 */
export class ChangeBus {
  readonly #listeners = new Map<Listener, Change['type']>();

  publish(change: Change): void {
    for (const [listener, type] of this.#listeners) if (type === change.type) listener.offer(change);
  }

  /** Every change of that type from now on; ends by `return()`. Listening starts at the call, not at the first `next`. */
  listen<T extends Change['type']>(type: T): AsyncIterableIterator<Extract<Change, { type: T }>> {
    const listener = new Listener((ended) => this.#listeners.delete(ended));
    this.#listeners.set(listener, type);
    return listener as AsyncIterableIterator<Change> as AsyncIterableIterator<Extract<Change, { type: T }>>;
  }

  /** Ends every listener, for the stop of the process. */
  close(): void {
    for (const listener of [...this.#listeners.keys()]) void listener.return();
  }
}
