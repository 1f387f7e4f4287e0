import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Lets pages of other origins read our answers; without this, browsers keep them to our own. */
export async function allowCrossOrigin(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: ['accept', 'apollo-require-preflight', 'authorization', 'content-type', 'traceparent', 'x-request-id'],
    exposedHeaders: ['ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
    maxAge: 600,
  });
}
