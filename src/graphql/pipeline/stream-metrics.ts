import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts the work for subscriptions: open streams, their readers, and executions per event. */
export class StreamMetrics {
  readonly #executions: Counter;
  readonly #readers: Gauge;
  readonly #streams: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#executions = new Counter({ name: 'gateway_subscription_executions_total', help: 'Events resolved for subscriptions: once for each stream, however many callers read it.', registers });
    this.#readers = new Gauge({ name: 'gateway_subscription_readers', help: 'Subscriptions that are open, over WebSockets and SSE.', registers });
    this.#streams = new Gauge({ name: 'gateway_subscription_streams', help: 'Streams that open subscriptions read; those that ask the same with the same sign-in share one.', registers });
  }

  executed(): void {
    this.#executions.inc();
  }

  joined(): void {
    this.#readers.inc();
  }

  left(): void {
    this.#readers.dec();
  }

  opened(): void {
    this.#streams.inc();
  }

  closed(): void {
    this.#streams.dec();
  }
}
