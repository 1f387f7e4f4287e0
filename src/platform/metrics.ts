import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { CallerTrust } from './http/caller-trust.js';
import { faultBody } from './http/http-faults.js';
import { withinTime } from './scheduling/within-time.js';
import { packageVersion } from './version.js';

/** Gauges of prom-client with names of counters; others of its metrics have the same values by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The process's metrics in the Prometheus text format, including event-loop lag, memory and garbage collection. */
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    const build = new Gauge({ name: 'gateway_build_info', help: 'Always 1; its labels are the version of the gateway and of Node.', labelNames: ['version', 'node'], registers: [this.registry] });
    build.labels(packageVersion(), process.versions.node).set(1);
  }

  /** Adds whether the gateway takes requests; false while it starts and drains. */
  showReady(isReady: () => boolean): void {
    const ready: Gauge = new Gauge({ name: 'gateway_ready', help: '1 while the gateway takes requests; 0 while it starts or stops.', registers: [this.registry], collect: () => ready.set(isReady() ? 1 : 0) });
  }

  /** Serves /metrics to callers in `networks` (CIDRs) only. */
  serve(app: FastifyInstance, trust: CallerTrust, networks: readonly string[]): void {
    const isTrusted = trust.inNetworks(networks);
    app.get('/metrics', async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const fault = trust.hostFault(request);
      if (fault !== null) return reply.code(400).send(faultBody(400, fault));
      if (!isTrusted(request)) return reply.code(403).send(faultBody(403, 'Metrics are for the networks in METRICS_TRUSTED, without a proxy or through one in TRUST_PROXY.'));
      return reply.type(this.registry.contentType).send(await this.registry.metrics());
    });
  }
}

/** How long gauges reuse the values of one read. */
const MAX_AGE_MS = 1000;
/** Prometheus waits for 10 s by default. */
const LONGEST_READ_MS = 3000;

/**
 * Shares one run of `read` between all gauges that it sets: a scrape collects them concurrently. When `read` fails or takes longer than
 * 3 s, `forget` is called instead, so that the other metrics are there while a database or a disk is away.
 */
export function shareRead(read: () => Promise<void>, forget: () => void, maxAgeMs = MAX_AGE_MS): () => Promise<void> {
  let readAt = -Infinity;
  let reading: Promise<void> = Promise.resolve();
  const readInTime = async (): Promise<void> => {
    try {
      await withinTime(LONGEST_READ_MS, read());
    } catch {
      forget();
    }
  };
  return () => {
    if (performance.now() - readAt >= maxAgeMs) {
      readAt = performance.now();
      reading = readInTime();
    }
    return reading;
  };
}
