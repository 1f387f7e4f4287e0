import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Transport } from '../admission/admission.js';

export interface CountedOperation {
  kind: string;
  name: string | undefined;
  transport: Transport;
  outcome: string;
  ms: number;
}

/** How many names get a series of their own when there is no manifest that lists them. */
const MAX_NAMES = 100;

/** Operations by name, kind, transport and outcome. Names are known ones only, as a caller could make up any number of others. */
export class OperationMetrics {
  readonly #total: Counter<'operation' | 'kind' | 'transport' | 'outcome'>;
  readonly #seconds: Histogram<'kind' | 'transport'>;
  readonly #open: Gauge<'transport'>;
  readonly #series = new Map<string, Counter.Internal>();
  readonly #times = new Map<string, Histogram.Internal<'kind' | 'transport'>>();
  readonly #names = new Set<string>();

  constructor(
    registry: Registry,
    /** null: the first hundred names that ran without an error. */
    private readonly known: ReadonlySet<string> | null,
  ) {
    const registers = [registry];
    this.#total = new Counter({ name: 'gateway_operations_total', help: 'GraphQL operations answered, by name, kind, transport and outcome: OK, or the code of the first error.', labelNames: ['operation', 'kind', 'transport', 'outcome'], registers });
    this.#seconds = new Histogram({ name: 'gateway_operation_duration_seconds', help: 'Time from the sign-in to the answer.', labelNames: ['kind', 'transport'], buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5], registers });
    this.#open = new Gauge({ name: 'gateway_open_connections', help: 'WebSockets and SSE streams that are open.', labelNames: ['transport'], registers });
  }

  count({ kind, name, transport, outcome, ms }: CountedOperation): void {
    const label = this.#labelOf(name, outcome);
    const key = `${label}\n${kind}\n${transport}\n${outcome}`;
    let series = this.#series.get(key);
    if (series === undefined) this.#series.set(key, (series = this.#total.labels(label, kind, transport, outcome)));
    series.inc();
    // A subscription lasts as long as somebody listens: its time tells nothing.
    if (kind !== 'subscription') this.#timesOf(kind, transport).observe(ms / 1000);
  }

  #timesOf(kind: string, transport: Transport): Histogram.Internal<'kind' | 'transport'> {
    const key = `${kind}\n${transport}`;
    let times = this.#times.get(key);
    if (times === undefined) this.#times.set(key, (times = this.#seconds.labels(kind, transport)));
    return times;
  }

  opened(transport: Transport): void {
    this.#open.labels(transport).inc();
  }

  closed(transport: Transport): void {
    this.#open.labels(transport).dec();
  }

  #labelOf(name: string | undefined, outcome: string): string {
    if (name === undefined) return 'anonymous';
    if (this.known !== null) return this.known.has(name) ? name : 'other';
    if (this.#names.has(name)) return name;
    if (outcome !== 'OK' || this.#names.size >= MAX_NAMES || name.length > 60) return 'other';
    this.#names.add(name);
    return name;
  }
}
