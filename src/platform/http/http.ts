import { randomUUID } from 'node:crypto';
import { createServer as createWebServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { EVERY_RESPONSE, NO_STORE } from './response-headers.js';
import { RequestLog } from './request-log.js';
import type { DatabaseOutage } from '../database/outage/database-outage.js';
import { DATABASE_RETRY_SECONDS, databaseUnavailable } from '../errors.js';
import { boundMessage, truncate } from '../message-text.js';
import { codeOfStatus, endWithFault, faultBody, parserFault, internalError } from './http-faults.js';

/** Largest request body. */
export const BODY_LIMIT_BYTES = 1024 * 1024;
const REQUEST_ID = /^[\w.:-]{1,128}$/;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/** Whether a Host header names a host, with an optional port. */
export function isHost(host: string | undefined): boolean {
  return host !== undefined && HOST.test(host);
}

/** Limits and hooks of the HTTP server. */
export interface HttpOptions {
  /** CIDRs of proxies whose X-Forwarded-* headers are trusted. */
  trustProxy: readonly string[];
  /** How long a request may take to arrive. */
  requestTimeoutMs: number;
  /** The error body for paths of a protocol that defines its own, such as IMGAPI; null for other paths. */
  ownFaultBody?: (url: string, message: string) => object | null;
  /** Is told of what a database that is away made fail. */
  outage: DatabaseOutage;
  /** Gets each request before Fastify does. */
  interceptor?: RequestInterceptor;
  /** The URL by which a request is routed. */
  rewriteUrl?: (url: string) => string;
}

/** Lets code answer requests without Fastify's routing and hooks. `intercept` is null until such code is installed. */
export interface RequestInterceptor {
  /** Answers the request, or calls `next` to let Fastify do so. */
  intercept: ((request: IncomingMessage, response: ServerResponse, next: () => void) => void) | null;
}

/** The request's own x-request-id if it is well-formed, else a new id. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Replaces Fastify's message for a URL that it cannot decode, because that message repeats the query. */
function reasonOf({ code, message }: FastifyError): string {
  return code === 'FST_ERR_BAD_URL' ? 'The path of this URL cannot be decoded; a % must be followed by two hexadecimal digits of UTF-8.' : message;
}

/** Sets the headers that every response has. */
function setCommonHeaders({ id, url }: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', id);
  for (const [name, value] of /^\/graphql(?:[/?]|$)/.test(url) ? NO_STORE : EVERY_RESPONSE) reply.header(name, value);
}

function sendRefusal(request: FastifyRequest, reply: FastifyReply, [status, message]: [number, string], { ownFaultBody }: HttpOptions): FastifyReply {
  return reply.code(status).send(ownFaultBody?.(request.url, message) ?? faultBody(status, message));
}

function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, options: HttpOptions): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status < 500) {
    const reason = boundMessage(reasonOf(error));
    request.log.info({ code: codeOfStatus(status), reason }, 'A request was refused.');
    return sendRefusal(request, reply, [status, reason], options);
  }
  if (options.outage.covers(error)) {
    const { code, message, extensions } = databaseUnavailable();
    return reply.code(503).header('retry-after', String(DATABASE_RETRY_SECONDS)).send({ errors: [{ message, extensions: { ...extensions, code } }] });
  }
  request.log.error({ err: error }, 'A request failed.');
  return reply.code(500).send({ errors: [internalError(request.id)] });
}

/** The path without its query, which may hold secrets, and cut. */
function pathOf(url: string): string {
  return truncate(url.split('?', 1)[0] ?? '');
}

/**
 * Logs what was refused, or left before its answer, unless something was logged about it: the id of every answer that is an error leads
 * to a line. Operations of GraphQL have a line of their own.
 */
function logRefusals(app: FastifyInstance): void {
  app.addHook('onResponse', async ({ log, method, url, routeOptions }, { statusCode: status }) => {
    if (status < 400 || routeOptions.url === '/graphql' || (log instanceof RequestLog && log.hasLogged)) return;
    // A 503 is not always that of a process that shuts down: /readyz lists what is missing, and IMGAPI that a file is.
    log.info({ status, code: status === 503 ? 'UNAVAILABLE' : codeOfStatus(status), method, path: pathOf(url) }, 'A request was refused.');
  });
  app.addHook('onRequestAbort', async ({ log, method, url, headers }) => {
    // A stream has no other end.
    if (!/text\/event-stream|multipart\/mixed/.test(headers.accept ?? '')) log.info({ method, path: pathOf(url) }, 'A caller went away before the answer was complete.');
  });
}

function refuseHost(request: FastifyRequest, reply: FastifyReply, options: HttpOptions): void {
  const reason = boundMessage(`Host: ${request.headers.host ?? '(missing)'} is not a host name with an optional port.`);
  request.log.info({ code: codeOfStatus(400), reason }, 'A request was refused.');
  void sendRefusal(request, reply, [400, reason], options);
}

/** Answers 405 with the allowed methods if the path exists, else 404. */
function sendNotFound(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?', 1);
  const allowed = ['GET', 'POST'].filter((method) => app.hasRoute({ method: method as 'GET', url: path }));
  if (allowed.length > 0) {
    reply.code(405).header('allow', allowed.join(', '));
    return reply.send(faultBody(405, `${request.method} is not for ${path}; use ${allowed.join(' or ')}.`));
  }
  return reply.code(404).send(faultBody(404, `There is nothing at ${request.method} ${path}; try /graphql, /graphiql or /imgapi/images.`));
}

const KEEP_ALIVE_MS = 65_000;

/** Makes the server as Fastify would, but rewrites the URL of each request and passes it to the interceptor first. */
function serverWithInterceptor({ interceptor = { intercept: null }, rewriteUrl }: HttpOptions, limits: ServerOptions): (handler: RequestListener) => Server {
  return (handler) => createWebServer(limits, (request, response) => {
    // Fastify's own option logs the URL with its query.
    if (rewriteUrl !== undefined && request.url !== undefined) request.url = rewriteUrl(request.url);
    if (interceptor.intercept === null) handler(request, response as Parameters<RequestListener>[1]);
    else interceptor.intercept(request, response, () => handler(request, response as Parameters<RequestListener>[1]));
  });
}

/** Creates the HTTP server of all transports: it bounds size and duration of requests, sends a request id with each response, and reports errors as JSON of one shape. */
export function createHttpServer(log: Logger, options: HttpOptions): FastifyInstance {
  const limits = {
    requestTimeout: options.requestTimeoutMs,
    headersTimeout: Math.min(15_000, options.requestTimeoutMs),
    connectionsCheckingInterval: Math.min(5000, options.requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The onRequest hook below refuses a missing Host with our own error body.
    requireHostHeader: false,
  };
  const app = Fastify({
    loggerInstance: new RequestLog(log as FastifyInstance['log'], {}, {}) as FastifyInstance['log'],
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: BODY_LIMIT_BYTES,
    serverFactory: serverWithInterceptor(options, limits),
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    genReqId: requestIdOf,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => {
      const [status, message] = parserFault(error.code);
      endWithFault(socket, { status, message, requestId: randomUUID() }, log);
    },
    frameworkErrors: (error, request, reply) => {
      // Fastify runs no hooks for these errors, so set the headers here.
      setCommonHeaders(request as FastifyRequest, reply as FastifyReply);
      void sendError(error, request as FastifyRequest, reply as FastifyReply, options);
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    const { host } = request.headers;
    if (isHost(host)) done();
    else refuseHost(request, reply, options);
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // HTTP wants it with every 401; no browser asks for a password because of this scheme.
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer');
    done(null, payload);
  });
  logRefusals(app);
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply, options));
  app.setNotFoundHandler((request, reply) => sendNotFound(app, request, reply));
  return app;
}

/** A free port, kept from other programs until it is released: a start takes a while, and its other parts need the port before. */
export async function reservePort(host: string): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const { port } = server.unref().address() as AddressInfo;
  return { port, release: async () => void (await new Promise((resolve) => server.close(resolve))) };
}

/** A port that is free at this moment. */
export async function freePort(host: string): Promise<number> {
  const { port, release } = await reservePort(host);
  await release();
  return port;
}
