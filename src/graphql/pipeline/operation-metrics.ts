import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import type { Transport } from '../admission/admission.js';

export interface CountedOperation {
  kind: string;
  name: string | undefined;
  transport: Transport;
  outcome: string;
  ms: number;
}

/** Without a manifest of trusted documents, at most so many operation names get a series of their own. */
const MAX_NAMES = 100;

/** Counts operations by name, kind, transport and outcome. Other names than the known ones count as `other`: a caller could make up any number. */
export class OperationMetrics {
  readonly #total: Counter<'operation' | 'kind' | 'transport' | 'outcome'>;
  readonly #seconds: Histogram<'kind' | 'transport'>;
  readonly #open: Gauge<'transport'>;
  readonly #series = new BoundedCache<string, Counter.Internal>({ max: 1000 });
  readonly #durations = new BoundedCache<string, Histogram.Internal<'kind' | 'transport'>>({ max: 100 });
  readonly #names = new Set<string>();

  constructor(
    registry: Registry,
    /** The names that get a series; null for the first hundred that ran without an error. */
    private readonly trustedNames: ReadonlySet<string> | null,
  ) {
    const registers = [registry];
    this.#total = new Counter({ name: 'gateway_operations_total', help: 'GraphQL operations answered, by name, kind, transport and outcome: OK, or the code of the first error.', labelNames: ['operation', 'kind', 'transport', 'outcome'], registers });
    this.#seconds = new Histogram({ name: 'gateway_operation_duration_seconds', help: 'Time from the sign-in to the answer.', labelNames: ['kind', 'transport'], buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5], registers });
    this.#open = new Gauge({ name: 'gateway_open_connections', help: 'WebSockets and SSE streams that are open.', labelNames: ['transport'], registers });
  }

  count({ kind, name, transport, outcome, ms }: CountedOperation): void {
    const label = this.#labelOf(name, outcome);
    const key = `${label}\n${kind}\n${transport}\n${outcome}`;
    this.#series.getOrCompute(key, () => this.#total.labels(label, kind, transport, outcome)).inc();
    // A subscription lasts as long as its client listens, so its duration means nothing.
    if (kind !== 'subscription') this.#durationOf(kind, transport).observe(ms / 1000);
  }

  #durationOf(kind: string, transport: Transport): Histogram.Internal<'kind' | 'transport'> {
    const key = `${kind}\n${transport}`;
    return this.#durations.getOrCompute(key, () => this.#seconds.labels(kind, transport));
  }

  opened(transport: Transport): void {
    this.#open.labels(transport).inc();
  }

  closed(transport: Transport): void {
    this.#open.labels(transport).dec();
  }

  #labelOf(name: string | undefined, outcome: string): string {
    if (name === undefined) return 'anonymous';
    if (this.trustedNames !== null) return this.trustedNames.has(name) ? name : 'other';
    if (this.#names.has(name)) return name;
    if (outcome !== 'OK' || this.#names.size >= MAX_NAMES || name.length > 60) return 'other';
    this.#names.add(name);
    return name;
  }
}
