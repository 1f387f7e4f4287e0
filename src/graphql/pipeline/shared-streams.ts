import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult } from 'graphql';
import type { GatewayContext, SubscriptionEvent } from '../../access/request-container.js';
import { filterMap } from '../../platform/graphql/filter-map.js';
import type { OperationContext } from '../admission/admission.js';
import type { PublicErrors } from './public-errors.js';
import { streamKey } from './stream-key.js';
import type { StreamMetrics } from './stream-metrics.js';

/** Sinks that are written to before the event loop may turn to other work. */
const SINKS_PER_TURN = 250;

/** One reader of a subscription. Writing to it never waits, so its transport must cut off a reader that is too slow. */
export interface Sink {
  /** Takes one result, as JSON. */
  next(json: string): void;
  /** Called once, after the last result; with the errors that ended the stream, or null when it is complete. */
  end(error: PublicErrors | null): void;
}

type ResultStream = AsyncIterableIterator<FormattedExecutionResult>;

/** The arguments of a subscription, with a context that has a container. */
interface SubscriptionArgs<C extends GatewayContext> extends ExecutionArgs {
  contextValue: C;
}

interface PerEventHooks<C> {
  /** Makes a result presentable to clients. */
  formatResult(result: ExecutionResult, context: C): FormattedExecutionResult;
  metrics: Pick<StreamMetrics, 'executed'>;
}

export interface StreamHooks extends PerEventHooks<OperationContext> {
  /** Makes the error that ends a stream presentable to clients. */
  formatError(error: unknown, context: OperationContext): PublicErrors;
  metrics: Pick<StreamMetrics, 'executed' | 'joined' | 'left' | 'opened' | 'closed'>;
}

/** One stream of results, and every sink that reads it. */
class SharedStream {
  readonly #sinks = new Set<Sink>();
  #isOver = false;
  #isPumping = false;

  constructor(
    private readonly source: ResultStream,
    private readonly hooks: Pick<StreamHooks, 'metrics'> & { formatError: (error: unknown) => PublicErrors },
    private readonly onOver: () => void,
  ) {
    hooks.metrics.opened();
  }

  /** Adds the sink; returns the function that removes it, or null when the stream has already ended. */
  join(sink: Sink): (() => void) | null {
    if (this.#isOver) return null;
    this.#sinks.add(sink);
    this.hooks.metrics.joined();
    // Start with the first sink only: the source holds earlier events until then.
    if (!this.#isPumping) void this.#pump();
    return () => this.#leave(sink);
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for await (const result of this.source) await this.#broadcast(JSON.stringify(result));
      this.#end(null);
    } catch (error) {
      this.#end(this.hooks.formatError(error));
    }
  }

  async #broadcast(json: string): Promise<void> {
    let written = 0;
    for (const sink of this.#sinks) {
      sink.next(json);
      if ((written += 1) % SINKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #leave(sink: Sink): void {
    if (!this.#sinks.delete(sink)) return;
    this.hooks.metrics.left();
    if (this.#sinks.size > 0 || this.#isOver) return;
    this.#end(null);
    void this.source.return?.();
  }

  #end(error: PublicErrors | null): void {
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
 * Runs a subscription and resolves each event in a container of its own, so that permissions are those of that moment and
 * nothing read for an earlier event is shown again. Returns a single result when the subscription is refused.
 */
export async function subscribePerEvent<C extends GatewayContext>(args: SubscriptionArgs<C>, { formatResult, metrics }: PerEventHooks<C>): Promise<ResultStream | FormattedExecutionResult> {
  const context = args.contextValue;
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return formatResult(source, context);
  const events = source[Symbol.asyncIterator]() as AsyncIterator<SubscriptionEvent<unknown>>; // what each field of Subscription yields; graphql-js declares unknown
  return filterMap(events, async (event) => {
    const eventContext = { ...context, container: event.container };
    metrics.executed();
    return formatResult(await execute({ ...args, rootValue: event, contextValue: eventContext }), eventContext);
  });
}

/**
 * Subscriptions. Equal subscriptions with the same sign-in share one stream, so that permissions are checked and a result is
 * made once per event rather than once per reader.
 */
export class SharedStreams {
  readonly #streams = new Map<string, Promise<SharedStream | FormattedExecutionResult>>();

  constructor(private readonly hooks: StreamHooks) {}

  /** Subscribes the sink; returns the function that unsubscribes it, or the one result that refuses the subscription. */
  async subscribe(args: SubscriptionArgs<OperationContext>, sink: Sink): Promise<(() => void) | FormattedExecutionResult> {
    const key = streamKey(args, args.contextValue.authorization);
    for (;;) {
      const stream = await (key === null ? this.#open(args, () => undefined) : this.#openOrJoin(key, args));
      if (!(stream instanceof SharedStream)) return stream;
      const leave = stream.join(sink);
      if (leave !== null) return leave;
    }
  }

  /** Returns the open stream with that key, or opens one. */
  #openOrJoin(key: string, args: SubscriptionArgs<OperationContext>): Promise<SharedStream | FormattedExecutionResult> {
    const open = this.#streams.get(key);
    if (open !== undefined) return open;
    const forget = (): void => void (this.#streams.get(key) === opening && this.#streams.delete(key));
    const opening = this.#open(args, forget);
    this.#streams.set(key, opening);
    opening.then((opened) => !(opened instanceof SharedStream) && forget(), forget);
    return opening;
  }

  async #open(args: SubscriptionArgs<OperationContext>, onOver: () => void): Promise<SharedStream | FormattedExecutionResult> {
    const results = await subscribePerEvent(args, this.hooks);
    if (!(Symbol.asyncIterator in results)) return results;
    return new SharedStream(results, { metrics: this.hooks.metrics, formatError: (error) => this.hooks.formatError(error, args.contextValue) }, onOver);
  }
}
