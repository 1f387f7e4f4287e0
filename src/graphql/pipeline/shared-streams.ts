import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { ScopedEvent } from '../../access/request-container.js';
import { filterMap } from '../../platform/graphql/filter-map.js';
import type { OperationContext } from '../admission/admission.js';
import type { PublicErrors } from './public-errors.js';
import { streamKey } from './stream-key.js';
import type { StreamMetrics } from './stream-metrics.js';

/** Readers that are written to before the event loop may turn to other work. */
const SINKS_PER_TURN = 250;

/** Where the answers of a subscription go; writing never waits, so whoever reads too slowly has to be dropped. */
export interface Sink {
  /** One answer, as JSON. */
  next(json: string): void;
  /** Called once, after the last answer; with what ended the stream before its time. */
  end(error: PublicErrors | null): void;
}

export type ResultStream = AsyncIterableIterator<ExecutionResult>;

export interface StreamHooks {
  /** What clients get of an answer, and of the error that ends a stream. */
  formatResult(result: ExecutionResult, context: OperationContext): ExecutionResult;
  formatError(error: unknown, context: OperationContext): PublicErrors;
  metrics: Pick<StreamMetrics, 'executed' | 'joined' | 'left' | 'opened' | 'closed'>;
}

/** One stream of answers, and everybody who reads it. */
class SharedStream {
  readonly #sinks = new Set<Sink>();
  #isOver = false;
  #isPumping = false;

  constructor(
    private readonly source: ResultStream,
    private readonly hooks: Pick<StreamHooks, 'metrics'> & { ended: (error: unknown) => PublicErrors },
    private readonly onOver: () => void,
  ) {
    hooks.metrics.opened();
  }

  /** The function that leaves; null when the stream has ended meanwhile. */
  join(sink: Sink): (() => void) | null {
    if (this.#isOver) return null;
    this.#sinks.add(sink);
    this.hooks.metrics.joined();
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
      this.#over(this.hooks.ended(error));
    }
  }

  async #tell(json: string): Promise<void> {
    let told = 0;
    for (const sink of this.#sinks) {
      sink.next(json);
      if ((told += 1) % SINKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #leave(sink: Sink): void {
    if (!this.#sinks.delete(sink)) return;
    this.hooks.metrics.left();
    if (this.#sinks.size > 0 || this.#isOver) return;
    this.#over(null);
    void this.source.return?.();
  }

  #over(error: PublicErrors | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.hooks.metrics.closed();
    this.onOver();
    for (const sink of this.#sinks) {
      this.hooks.metrics.left();
      sink.end(error);
    }
    this.#sinks.clear();
  }
}

/**
 * Runs a subscription so that each event is resolved in its own fresh container: permissions are those of that moment, and
 * nothing read for an earlier event is shown again.
 */
export async function subscribePerEvent(args: ExecutionArgs, { formatResult: shown, metrics }: Pick<StreamHooks, 'formatResult' | 'metrics'>): Promise<ResultStream | ExecutionResult> {
  const context = args.contextValue as OperationContext;
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return shown(source, context);
  const events = source[Symbol.asyncIterator]() as AsyncIterator<ScopedEvent<unknown>>;
  return filterMap(events, async (event): Promise<ExecutionResult> => {
    const now: OperationContext = { ...context, container: event.container };
    metrics.executed();
    return shown(await execute({ ...args, rootValue: event, contextValue: now }), now);
  });
}

/**
 * Subscriptions. Callers who ask the same with the same sign-in share one stream: its rights are checked, and its answer
 * is made, once per event and not once per reader.
 */
export class SharedStreams {
  readonly #streams = new Map<string, Promise<SharedStream | ExecutionResult>>();

  constructor(private readonly hooks: StreamHooks) {}

  /** Joins the sink to a stream and answers how it leaves; or the one answer that refuses it. */
  async subscribe(args: ExecutionArgs, sink: Sink): Promise<(() => void) | ExecutionResult> {
    const key = streamKey(args, (args.contextValue as OperationContext).authorization);
    for (;;) {
      const shared = await (key === null ? this.#open(args, () => undefined) : this.#join(key, args));
      if (!(shared instanceof SharedStream)) return shared;
      const leave = shared.join(sink);
      if (leave !== null) return leave;
    }
  }

  /** The stream of that key, opened now when there is none. */
  #join(key: string, args: ExecutionArgs): Promise<SharedStream | ExecutionResult> {
    const open = this.#streams.get(key);
    if (open !== undefined) return open;
    const forget = (): void => void (this.#streams.get(key) === opening && this.#streams.delete(key));
    const opening = this.#open(args, forget);
    this.#streams.set(key, opening);
    opening.then((opened) => !(opened instanceof SharedStream) && forget(), forget);
    return opening;
  }

  async #open(args: ExecutionArgs, forget: () => void): Promise<SharedStream | ExecutionResult> {
    const context = args.contextValue as OperationContext;
    const results = await subscribePerEvent(args, this.hooks);
    if (!(Symbol.asyncIterator in results)) return results;
    return new SharedStream(results, { metrics: this.hooks.metrics, ended: (error) => this.hooks.formatError(error, context) }, forget);
  }
}
