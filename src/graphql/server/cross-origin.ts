import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What GraphQL clients, and the tracing of pages, send without being told to. */
const CLIENT_HEADERS = ['apollographql-client-name', 'apollographql-client-version', 'baggage', 'graphql-client-name', 'graphql-client-version', 'sentry-trace', 'traceparent', 'tracestate', 'x-apollo-operation-name', 'x-requested-with'];
const ALLOWED_HEADERS = ['accept', 'apollo-require-preflight', 'authorization', 'content-type', 'x-request-id', ...CLIENT_HEADERS];

/** Lets pages of these origins read our responses (CORS); without it, browsers reserve them for pages of our own origin. */
export async function allowCrossOrigin(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: ['ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
    maxAge: 600,
  });
}

/**
 * Returns a check whether the page behind a request may open a stream: CORS does not cover WebSockets. Accepts pages of the
 * request's own host, of PUBLIC_URL and of the configured origins. A request without an Origin header comes from no browser.
 */
export function originCheck(publicUrl: string, allowed: readonly string[]): (request: IncomingMessage) => boolean {
  const accepted = new Set([new URL(publicUrl).origin, ...allowed]);
  return ({ headers: { origin, host } }) => {
    if (origin === undefined || accepted.has(origin)) return true;
    return host !== undefined && URL.parse(origin)?.host === host.toLowerCase();
  };
}
