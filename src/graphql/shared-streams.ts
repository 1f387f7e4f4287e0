import { createSourceEventStream, type DocumentNode, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { ScopedEvent } from '../access/scope.js';
import { filterMap } from '../platform/filter-map.js';
import { slowReader } from '../tasks/change-bus.js';
import type { DoorContext } from './admission.js';

/** Answers that may wait for one slow reader before it is dropped. */
const BACKLOG_LIMIT = 100;

type Results = AsyncIterableIterator<ExecutionResult>;

/** One reader's place in a shared stream: a bounded queue. */
class Reader implements AsyncIterableIterator<ExecutionResult> {
  #waiting: ExecutionResult[] = [];
  #wake: (() => void) | null = null;
  #end: { error: unknown } | 'complete' | null = null;

  constructor(
    private readonly onEnd: (reader: Reader) => void,
    private readonly onSlow: () => void,
  ) {}

  offer(result: ExecutionResult): void {
    this.#waiting.push(result);
    if (this.#waiting.length > BACKLOG_LIMIT) {
      this.#waiting = [];
      this.end({ error: slowReader() });
      this.onSlow();
    }
    this.#wake?.();
  }

  end(how: { error: unknown } | 'complete'): void {
    this.#end ??= how;
    this.onEnd(this);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<ExecutionResult>> {
    for (;;) {
      const value = this.#waiting.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#end === 'complete') return { done: true, value: undefined };
      if (this.#end !== null) {
        const { error } = this.#end;
        this.#end = 'complete';
        throw error;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    this.#waiting = [];
    this.end('complete');
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** One stream of answers, and everybody who reads it. */
class Shared {
  readonly readers = new Set<Reader>();
  #isOver = false;
  #isPumping = false;

  constructor(
    private readonly source: Results,
    private readonly onOver: () => void,
  ) {}

  /** Null when the stream has ended meanwhile. */
  join(onSlow: () => void): Results | null {
    if (this.#isOver) return null;
    const reader = new Reader((ended) => this.#leave(ended), onSlow);
    this.readers.add(reader);
    // Not before there is a reader: what came meanwhile waits in the source.
    if (!this.#isPumping) void this.#pump();
    return reader;
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for await (const result of this.source) for (const reader of this.readers) reader.offer(result);
      this.#over('complete');
    } catch (error) {
      this.#over({ error });
    }
  }

  #leave(reader: Reader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0 || this.#isOver) return;
    this.#over('complete');
    void this.source.return?.();
  }

  #over(how: { error: unknown } | 'complete'): void {
    this.#isOver = true;
    this.onOver();
    for (const reader of this.readers) reader.end(how);
  }
}

/**
 * Runs a subscription so that each event is resolved in its own fresh scope: permissions are those of that moment, and
 * nothing read for an earlier event is shown again.
 */
export async function subscribeFresh(args: ExecutionArgs, shown: StreamHooks['shown']): Promise<Results | ExecutionResult> {
  const context = args.contextValue as DoorContext;
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return shown(source, context);
  const events = source[Symbol.asyncIterator]() as AsyncIterator<ScopedEvent<unknown>>;
  return filterMap(events, async (event): Promise<ExecutionResult> => {
    const now: DoorContext = { ...context, scope: event.scope };
    return shown(await execute({ ...args, rootValue: event, contextValue: now }), now);
  });
}

export interface StreamHooks {
  /** What clients get of an answer, and of the error that ends a stream. */
  shown(result: ExecutionResult, context: DoorContext): ExecutionResult;
  ended(error: unknown, context: DoorContext): unknown;
}

/**
 * Subscriptions. Whoever asks the same with the same sign-in shares one stream: its rights are looked at, and its answer
 * is made, once per event and not once per reader.
 */
export class SharedStreams {
  readonly #streams = new Map<string, Promise<Shared | ExecutionResult>>();
  readonly #numbers = new WeakMap<DocumentNode, number>();
  #last = 0;

  constructor(private readonly hooks: StreamHooks) {}

  /** A stream of answers, or the one answer that refuses it. `onSlow` is called when the reader has to be dropped. */
  async subscribe(args: ExecutionArgs, onSlow: () => void): Promise<Results | ExecutionResult> {
    for (;;) {
      const key = this.#keyOf(args);
      let opening = this.#streams.get(key);
      if (opening === undefined) {
        const forget = (): void => void (this.#streams.get(key) === opening && this.#streams.delete(key));
        opening = this.#open(args, forget);
        this.#streams.set(key, opening);
        opening.then((opened) => !(opened instanceof Shared) && forget(), forget);
      }
      const shared = await opening;
      if (!(shared instanceof Shared)) return shared;
      const joined = shared.join(onSlow);
      if (joined !== null) return joined;
    }
  }

  async #open(args: ExecutionArgs, forget: () => void): Promise<Shared | ExecutionResult> {
    const context = args.contextValue as DoorContext;
    const results = await subscribeFresh(args, this.hooks.shown);
    if (!(Symbol.asyncIterator in results)) return results;
    return new Shared(this.#ending(results, context), forget);
  }

  /** The same answers, with the error that ends them as clients get it. */
  #ending(results: Results, context: DoorContext): Results {
    return {
      next: async () => {
        try {
          return await results.next();
        } catch (error) {
          throw this.hooks.ended(error, context);
        }
      },
      return: async () => (await results.return?.()) ?? { done: true, value: undefined },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #keyOf({ document, contextValue, operationName, variableValues }: ExecutionArgs): string {
    let number = this.#numbers.get(document);
    if (number === undefined) this.#numbers.set(document, (number = this.#last += 1));
    return JSON.stringify([(contextValue as DoorContext).authorization, number, operationName ?? null, variableValues ?? {}]);
  }
}
