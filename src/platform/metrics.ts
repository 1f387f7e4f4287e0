import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { CallerTrust } from './http/caller-trust.js';
import { faultBody } from './http/http-faults.js';

/** The process's metrics in the Prometheus text format, including event-loop lag, memory and garbage collection. */
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
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

/** How long gauges reuse the values of one database read. */
const MAX_AGE_MS = 1000;

/** Shares one run of `read` between all gauges that it sets: a scrape collects them concurrently. */
export function shareRead(read: () => Promise<void>): () => Promise<void> {
  let readAt = 0;
  let reading: Promise<void> = Promise.resolve();
  return () => {
    if (Date.now() - readAt >= MAX_AGE_MS) {
      readAt = Date.now();
      reading = read();
    }
    return reading;
  };
}
