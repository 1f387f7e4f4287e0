import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult } from 'graphql';
import type { GatewayContext } from '../../access/request-container.js';
import { failedForNow } from '../../platform/database/outage/failed-for-now.js';
import type { Followed } from '../../tasks/changes/change.js';
import { ChangeStream } from '../../tasks/changes/change-stream.js';
import type { StreamMetrics } from './stream-metrics.js';

/** The arguments of a subscription, with a context that has a container. */
export interface SubscriptionArgs<C extends GatewayContext> extends ExecutionArgs {
  contextValue: C;
}

export interface PerEventHooks<C> {
  /** Makes a result presentable to clients. */
  formatResult(result: ExecutionResult, context: C): FormattedExecutionResult;
  metrics: Pick<StreamMetrics, 'executed'>;
}

/**
 * The results of a subscription, one per event. Each is resolved in the container of its event, so that permissions are those of that
 * moment and nothing read for an earlier event is shown again. An event that meets a database that is away is resolved once it is back.
 */
export class EventResults<C extends GatewayContext> implements AsyncIterableIterator<FormattedExecutionResult> {
  constructor(
    private readonly source: ChangeStream<Followed['type'], unknown>,
    private readonly args: SubscriptionArgs<C>,
    private readonly hooks: PerEventHooks<C>,
  ) {}

  async next(): Promise<IteratorResult<FormattedExecutionResult>> {
    for (;;) {
      const event = await this.source.next();
      if (event.done === true) return { done: true, value: undefined };
      const contextValue = { ...this.args.contextValue, container: event.value.container };
      this.hooks.metrics.executed();
      const result = await execute({ ...this.args, rootValue: event.value, contextValue });
      if (result.errors?.some(({ originalError }) => failedForNow(originalError)) !== true) return { done: false, value: this.hooks.formatResult(result, contextValue) };
      await this.source.repeat();
    }
  }

  async return(): Promise<IteratorResult<FormattedExecutionResult>> {
    await this.source.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether no event waits to be delivered. */
  get isIdle(): boolean {
    return this.source.isIdle;
  }

  /** Gives the last result once more, made anew: it could not be sent. */
  rewind(): void {
    this.source.rewind();
  }

  /** The same results for another reader, who has not had the last one and reads at a pace of its own. */
  fork(): EventResults<C> {
    return new EventResults(this.source.fork(), this.args, this.hooks);
  }
}

/** Runs a subscription. Returns a single result when it is refused. */
export async function subscribePerEvent<C extends GatewayContext>(args: SubscriptionArgs<C>, hooks: PerEventHooks<C>): Promise<EventResults<C> | FormattedExecutionResult> {
  const source = await createSourceEventStream(args);
  if (source instanceof ChangeStream) return new EventResults(source, args, hooks);
  if (Symbol.asyncIterator in source) throw new Error('A field of Subscription must follow changes.');
  return hooks.formatResult(source, args.contextValue);
}
