import { createSourceEventStream, type DocumentNode, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { ScopedEvent } from '../access/scope.js';
import { filterMap } from '../platform/filter-map.js';
import type { DoorContext } from './admission/admission.js';
import type { PublicErrors } from './errors.js';

/** Readers that are written to before other work gets its turn. */
const AT_ONCE = 250;

/** Where the answers of a subscription go; writing never waits, so whoever reads too slowly has to be dropped. */
export interface Sink {
  /** One answer, as JSON. */
  next(json: string): void;
  /** Called once, after the last answer; with what ended the stream before its time. */
  end(error: PublicErrors | null): void;
}

export type Results = AsyncIterableIterator<ExecutionResult>;

export interface StreamHooks {
  /** What clients get of an answer, and of the error that ends a stream. */
  shown(result: ExecutionResult, context: DoorContext): ExecutionResult;
  ended(error: unknown, context: DoorContext): PublicErrors;
}

/** One stream of answers, and everybody who reads it. */
class Shared {
  readonly #sinks = new Set<Sink>();
  #isOver = false;
  #isPumping = false;

  constructor(
    private readonly source: Results,
    private readonly ended: (error: unknown) => PublicErrors,
    private readonly onOver: () => void,
  ) {}

  /** The function that leaves; null when the stream has ended meanwhile. */
  join(sink: Sink): (() => void) | null {
    if (this.#isOver) return null;
    this.#sinks.add(sink);
    // Not before there is a reader: what came meanwhile waits in the source.
    if (!this.#isPumping) void this.#pump();
    return () => this.#leave(sink);
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for await (const result of this.source) await this.#tell(JSON.stringify(result));
      this.#over(null);
    } catch (error) {
      this.#over(this.ended(error));
    }
  }

  async #tell(json: string): Promise<void> {
    let told = 0;
    for (const sink of this.#sinks) {
      sink.next(json);
      if ((told += 1) % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #leave(sink: Sink): void {
    this.#sinks.delete(sink);
    if (this.#sinks.size > 0 || this.#isOver) return;
    this.#over(null);
    void this.source.return?.();
  }

  #over(error: PublicErrors | null): void {
    this.#isOver = true;
    this.onOver();
    for (const sink of this.#sinks) sink.end(error);
    this.#sinks.clear();
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

/**
 * Subscriptions. Whoever asks the same with the same sign-in shares one stream: its rights are looked at, and its answer
 * is made, once per event and not once per reader.
 */
export class SharedStreams {
  readonly #streams = new Map<string, Promise<Shared | ExecutionResult>>();
  readonly #numbers = new WeakMap<DocumentNode, number>();
  #last = 0;

  constructor(private readonly hooks: StreamHooks) {}

  /** Joins the sink to a stream and answers how it leaves; or the one answer that refuses it. */
  async subscribe(args: ExecutionArgs, sink: Sink): Promise<(() => void) | ExecutionResult> {
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
      const leave = shared.join(sink);
      if (leave !== null) return leave;
    }
  }

  async #open(args: ExecutionArgs, forget: () => void): Promise<Shared | ExecutionResult> {
    const context = args.contextValue as DoorContext;
    const results = await subscribeFresh(args, this.hooks.shown);
    if (!(Symbol.asyncIterator in results)) return results;
    return new Shared(results, (error) => this.hooks.ended(error, context), forget);
  }

  #keyOf({ document, contextValue, operationName, variableValues }: ExecutionArgs): string {
    let number = this.#numbers.get(document);
    if (number === undefined) this.#numbers.set(document, (number = this.#last += 1));
    return JSON.stringify([(contextValue as DoorContext).authorization, number, operationName ?? null, variableValues ?? {}]);
  }
}
