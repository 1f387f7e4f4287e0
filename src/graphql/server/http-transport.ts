import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, databaseUnavailable } from '../../platform/errors.js';
import { BODY_LIMIT_BYTES, type RequestInterceptor } from '../../platform/http/http.js';
import { NO_STORE } from '../../platform/http/response-headers.js';
import { traceIdOf } from '../../platform/trace-id.js';
import type { Caller, OperationContext } from '../admission/admission.js';
import { BudgetExceeded } from '../admission/cost/cost-ledger.js';
import { MAX_TOKENS } from '../admission/rules/document-limits.js';
import { compiledOperationsPlugin } from '../compiled/compiled-operations-plugin.js';
import { DocumentCache } from '../pipeline/document-cache.js';
import type { FinishedOperation } from '../pipeline/operation-report.js';
import { publicError, statusOf, withStatus } from '../pipeline/public-errors.js';
import { admissionPlugin, prefersApplicationJson } from './admission-plugin.js';
import { FastPath } from './fast-path.js';
import type { GraphqlServer } from './graphql-server.js';
import { HttpInterceptor } from './http-interceptor.js';
import { streamFormatOf } from './streams/stream-format.js';
import { setHeaders, streamHandler } from './streams/stream-transport.js';

/** Bytes of a body; a longer one is read only for callers who are signed in, as parsing it takes milliseconds. */
const MAX_ANONYMOUS_BYTES = 16 * 1024;

/**
 * Headers of a GET that a page of another origin cannot send unless the browser has asked first. `authorization` is one of them; a browser
 * sends one by itself only with Basic or Negotiate, which sign nobody in here.
 */
const PREFLIGHTED_HEADERS = ['apollo-require-preflight', 'authorization', 'x-apollo-operation-name'];

/** Apollo Server's logger over ours; what it logs at info is of no interest to operators. */
function apolloLogger(log: GraphqlServer['log']) {
  return {
    debug: (message?: unknown) => log.debug(String(message)),
    info: (message?: unknown) => log.debug(String(message)),
    warn: (message?: unknown) => log.warn(String(message)),
    error: (message?: unknown) => log.error(String(message)),
  };
}

/** The caller of the request that Apollo Server works on: its `formatError` gets no context. */
const callers = new AsyncLocalStorage<Caller>();

function createApollo(graphqlServer: GraphqlServer): ApolloServer<OperationContext> {
  return new ApolloServer<OperationContext>({
    schema: graphqlServer.schema,
    // Admission's rules decide about introspection, in the same way on every transport.
    introspection: true,
    validationRules: [...graphqlServer.admission.rules],
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    documentStore: new DocumentCache(),
    csrfPrevention: { requestHeaders: PREFLIGHTED_HEADERS },
    persistedQueries: { cache: graphqlServer.persistedQueries },
    logger: apolloLogger(graphqlServer.log),
    formatError: (formatted, error) => publicError(error, formatted, { ...(callers.getStore() ?? { requestId: randomUUID() }), log: graphqlServer.log, outage: graphqlServer.outage }),
    plugins: [
      admissionPlugin(graphqlServer),
      compiledOperationsPlugin(graphqlServer.compiled),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

type ReportContext = FinishedOperation['context'];

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  context: ReportContext;
}

/**
 * Refuses without Apollo Server what it would take several times as long for: a request whose sender's budget is spent, as a sender who does
 * not stop must not keep the process busy; and a batch, whose refusal names what to do instead.
 */
function refuseDirectly(graphqlServer: GraphqlServer, { request, reply, context }: Exchange, error: AppError): string {
  const { errors, response } = graphqlServer.pipeline.refusal(error, context);
  setHeaders(reply, response.headers ?? []);
  const { retryAfter } = error.extensions;
  if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
  const type = prefersApplicationJson(request.headers.accept) ? 'application/json' : 'application/graphql-response+json';
  void reply.code(statusOf(error.code)).header('content-type', `${type}; charset=utf-8`);
  return `${JSON.stringify({ errors, extensions: response.extensions })}\n`;
}

/** The refusal of a request that need not reach Apollo Server; null when it must. */
function earlyRefusal({ body }: FastifyRequest, signedIn: OperationContext | Error): AppError | null {
  if (signedIn instanceof BudgetExceeded) return signedIn;
  if (signedIn instanceof Error || !Array.isArray(body)) return null;
  return new AppError('BAD_REQUEST', 'Several operations in one request are not accepted: send each in a request of its own.');
}

/** Signs the caller in; returns the error of a sign-in that fails, as Apollo Server fails in the same way and formats it. */
async function trySignIn(fastPath: FastPath, request: FastifyRequest): Promise<OperationContext | Error> {
  try {
    return await fastPath.contextOf(request.raw, request.id);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Handles what the fast path does not: through Apollo Server, except for callers whose budget is spent. */
function apolloRoute(app: FastifyInstance, apollo: ApolloServer<OperationContext>, graphqlServer: GraphqlServer, fastPath: FastPath) {
  const contexts = new WeakMap<FastifyRequest, ReportContext>();
  const apolloHandler = fastifyApolloHandler(apollo, {
    context: async (request) => {
      try {
        const context = await fastPath.contextOf(request.raw, request.id);
        contexts.set(request, context);
        return context;
      } catch (error) {
        if (graphqlServer.outage.covers(error)) throw withStatus(databaseUnavailable());
        throw error instanceof AppError ? withStatus(error) : error;
      }
    },
  });
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const caller = callerOf(request);
    const startedAt = performance.now();
    const signedIn = await trySignIn(fastPath, request);
    const refusal = earlyRefusal(request, signedIn);
    if (refusal !== null) return refuseDirectly(graphqlServer, { request, reply, context: { ...caller, startedAt } }, refusal);
    if (!(signedIn instanceof Error)) await graphqlServer.admission.fairQueue.wait(signedIn.container.viewer.username);
    const body: unknown = await callers.run(caller, async () => apolloHandler.call(app, request, reply));
    // Apollo Server would let caches store some refusals.
    for (const [name, value] of NO_STORE) reply.header(name, value);
    // Report refusals that come before there is an operation: of callers who are not signed in, malformed requests, possible CSRF.
    const context = contexts.get(request) ?? { ...caller, startedAt };
    if (reply.statusCode >= 400 && context.isReported !== true) graphqlServer.report.finish({ context, operation: undefined, errors: errorsIn(body) });
    return body;
  };
}

/**
 * Serves GraphQL over HTTP at /graphql, with streams as server-sent events and in parts. `mayBypassHooks` says whether a request may be answered before Fastify and its
 * hooks see it. Call the returned function after the last request.
 */
export async function openHttpTransport({ app, requestInterceptor }: { app: FastifyInstance; requestInterceptor: RequestInterceptor }, graphqlServer: GraphqlServer, mayBypassHooks: (request: IncomingMessage) => boolean): Promise<() => Promise<void>> {
  const apollo = createApollo(graphqlServer);
  await apollo.start();
  const fastPath = new FastPath(graphqlServer);
  const handle = fastPath.handler(apolloRoute(app, apollo, graphqlServer, fastPath));
  const stream = streamHandler(graphqlServer);
  const interceptor = new HttpInterceptor(app, fastPath, mayBypassHooks, graphqlServer.log);
  requestInterceptor.intercept = (request, response, next) => interceptor.intercept(request, response, next);
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    preParsing: async (request, _reply, payload) => {
      await requireSignInFirst(request, fastPath);
      return interceptor.bodyOf(request) ?? payload;
    },
    handler: async (request, reply) => {
      refuseLostUpgrade(request);
      const format = streamFormatOf(request);
      return format === null ? handle(request, reply) : stream(request, reply, format);
    },
  });
  return () => apollo.stop();
}

/** Throws a 426 for a WebSocket handshake that a proxy has turned into a plain GET, as proxies do unless they are told to forward `Upgrade`. */
function refuseLostUpgrade({ headers }: FastifyRequest): void {
  if (headers['sec-websocket-key'] === undefined) return;
  const message =
    'A WebSocket handshake came without "Connection: Upgrade" and "Upgrade: websocket": a proxy before the gateway does not forward them. In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
  throw Object.assign(new Error(message), { statusCode: 426 });
}

/** Throws a 401 for a long body whose sender is not signed in, before it is read. */
async function requireSignInFirst(request: FastifyRequest, fastPath: FastPath): Promise<void> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const bytes = Number(length ?? 0);
  // Fastify refuses a body that is too long for everybody.
  if (encoding === undefined && (bytes <= MAX_ANONYMOUS_BYTES || bytes > BODY_LIMIT_BYTES)) return;
  const signedIn = await trySignIn(fastPath, request);
  // Any other error occurs again with the operation, and is formatted there.
  if (signedIn instanceof AppError && signedIn.code === 'UNAUTHENTICATED') throw Object.assign(new Error(signedIn.message), { statusCode: 401 });
}

function callerOf(request: FastifyRequest): Caller {
  const { authorization, traceparent } = request.headers;
  return { authorization, transport: 'http', requestId: request.id, traceId: traceIdOf(traceparent) };
}

function errorsIn(body: unknown): FinishedOperation['errors'] {
  return typeof body === 'string' ? (JSON.parse(body) as Pick<FinishedOperation, 'errors'>).errors : undefined; // a response that Apollo Server wrote
}
