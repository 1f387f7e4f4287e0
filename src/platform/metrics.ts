import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { faultBody } from './http-faults.js';

/** What the process counts, in the text format of Prometheus; event-loop lag, memory and garbage collection included. */
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Serves /metrics, to callers of trusted networks only. */
  serve(app: FastifyInstance, isTrusted: (address: string | undefined) => boolean): void {
    app.get('/metrics', async (request, reply) => {
      if (!isTrusted(request.ip)) return reply.code(403).send(faultBody(403, 'Metrics are for the networks in METRICS_TRUSTED.'));
      return reply.type(this.registry.contentType).send(await this.registry.metrics());
    });
  }
}

/** How long one reading of the database serves, however often it is asked for. */
const FRESH_MS = 1000;

/** The same reading for all gauges that it fills, which are collected side by side. */
export function sharedReading(read: () => Promise<void>): () => Promise<void> {
  let readAt = 0;
  let reading: Promise<void> = Promise.resolve();
  return () => {
    if (Date.now() - readAt >= FRESH_MS) {
      readAt = Date.now();
      reading = read();
    }
    return reading;
  };
}
