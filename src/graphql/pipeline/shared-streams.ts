import type { FormattedExecutionResult } from 'graphql';
import type { OperationContext } from '../admission/admission.js';
import { type PerEventHooks, subscribePerEvent, type SubscriptionArgs } from './event-results.js';
import type { PublicErrors } from './public-errors.js';
import { SharedStream, type SharedStreamHooks, type Sink } from './shared-stream.js';
import { streamKey } from './stream-key.js';

export interface StreamHooks extends PerEventHooks<OperationContext> {
  /** Makes the error that ends a stream presentable to clients. */
  formatError(error: unknown, context: OperationContext): PublicErrors;
  metrics: PerEventHooks<OperationContext>['metrics'] & SharedStreamHooks['metrics'];
}

/**
 * Subscriptions. Equal subscriptions with the same sign-in share one stream, so that permissions are checked and a result is
 * made once per event rather than once per reader.
 */
export class SharedStreams {
  readonly #opening = new Map<string, Promise<SharedStream | FormattedExecutionResult>>();
  readonly #open = new Map<string, SharedStream>();

  constructor(private readonly hooks: StreamHooks) {}

  /** Subscribes the sink; returns the function that unsubscribes it, or the one result that refuses the subscription. */
  async subscribe(args: SubscriptionArgs<OperationContext>, sink: Sink): Promise<(() => void) | FormattedExecutionResult> {
    const key = streamKey(args, args.contextValue.authorization);
    for (;;) {
      const stream = await (key === null ? this.#start(null, args) : this.#startOrJoin(key, args));
      if (!(stream instanceof SharedStream)) return stream;
      const leave = stream.join(sink);
      if (leave !== null) return leave;
    }
  }

  /** Returns the open stream with that key, or opens one. */
  #startOrJoin(key: string, args: SubscriptionArgs<OperationContext>): Promise<SharedStream | FormattedExecutionResult> {
    const open = this.#open.get(key);
    if (open !== undefined) return Promise.resolve(open);
    const running = this.#opening.get(key);
    if (running !== undefined) return running;
    const opening = this.#start(key, args).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #start(key: string | null, args: SubscriptionArgs<OperationContext>): Promise<SharedStream | FormattedExecutionResult> {
    const results = await subscribePerEvent(args, this.hooks);
    if (!(Symbol.asyncIterator in results)) return results;
    const stream = new SharedStream(results, {
      metrics: this.hooks.metrics,
      formatError: (error) => this.hooks.formatError(error, args.contextValue),
      shared: () => (key === null ? null : (this.#open.get(key) ?? null)),
      onOver: (ended) => void (key !== null && this.#open.get(key) === ended && this.#open.delete(key)),
    });
    if (key !== null) this.#open.set(key, stream);
    return stream;
  }
}
