import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../../platform/errors.js';
import { BODY_LIMIT_BYTES, type RequestFront } from '../../platform/http/http.js';
import { NEVER_STORED } from '../../platform/http/response-headers.js';
import { traceIdOf } from '../../platform/trace-id.js';
import { BudgetExceeded } from '../admission/cost/cost-ledger.js';
import type { Caller, OperationContext } from '../admission/admission.js';
import { compiledOperationsPlugin } from '../compiled/compiled-operations-plugin.js';
import { FastPath } from './fast-path.js';
import { HttpInterceptor } from './http-interceptor.js';
import { admissionPlugin } from './admission-plugin.js';
import { DocumentCache } from '../pipeline/document-cache.js';
import type { GraphqlServer } from './graphql-server.js';
import { publicError, withStatus } from '../pipeline/public-errors.js';
import { MAX_TOKENS } from '../admission/rules/document-limits.js';
import type { FinishedOperation } from '../pipeline/operation-report.js';
import { refuseOverBudget } from './refuse-over-budget.js';
import { streamHandler, wantsStream } from './sse-transport.js';

function apolloLogger(log: GraphqlServer['log']) {
  return {
    debug: (message?: unknown) => log.debug(String(message)),
    info: (message?: unknown) => log.debug(String(message)),
    warn: (message?: unknown) => log.warn(String(message)),
    error: (message?: unknown) => log.error(String(message)),
  };
}

/** Whose request Apollo Server is at work on, as its `formatError` is not told. */
const callers = new AsyncLocalStorage<Caller>();

function createApollo(graphqlServer: GraphqlServer): ApolloServer<OperationContext> {
  return new ApolloServer<OperationContext>({
    schema: graphqlServer.schema,
    // Our own rules decide, so that they are the same on every transport.
    introspection: true,
    validationRules: [...graphqlServer.admission.rules],
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    documentStore: new DocumentCache(),
    persistedQueries: { cache: graphqlServer.persistedQueries },
    logger: apolloLogger(graphqlServer.log),
    formatError: (formatted, error) => publicError(error, formatted, { ...(callers.getStore() ?? { requestId: randomUUID() }), log: graphqlServer.log }),
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

type Reported = FinishedOperation['context'];

/**
 * Serves GraphQL over HTTP and SSE at /graphql. `isPlain` says whether a request may be answered before Fastify and its hooks
 * see it. The function returned is to be called after the last request.
 */
export async function openHttpTransport({ app, front }: { app: FastifyInstance; front: RequestFront }, graphqlServer: GraphqlServer, isPlain: (request: IncomingMessage) => boolean): Promise<() => Promise<void>> {
  const apollo = createApollo(graphqlServer);
  await apollo.start();
  const fast = new FastPath(graphqlServer);
  const contexts = new WeakMap<FastifyRequest, Reported>();
  const apolloHandler = fastifyApolloHandler(apollo, {
    context: async (request) => {
      try {
        const context = await fast.contextOf(request.raw, request.id);
        contexts.set(request, context);
        return context;
      } catch (error) {
        throw error instanceof AppError ? withStatus(error) : error;
      }
    },
  });
  const answer = fast.handler(async (request, reply) => {
    const caller = callerOf(request);
    const startedAt = performance.now();
    const signedIn: unknown = await fast.contextOf(request.raw, request.id).catch((error: unknown) => error);
    if (signedIn instanceof BudgetExceeded) return refuseOverBudget(graphqlServer, { request, reply, context: { ...caller, startedAt } }, signedIn);
    if (!(signedIn instanceof Error)) await graphqlServer.admission.fairQueue.wait((signedIn as OperationContext).container.viewer.username);
    const body: unknown = await callers.run(caller, async () => apolloHandler.call(app, request, reply));
    // Apollo Server would let some refusals be stored.
    for (const [name, value] of NEVER_STORED) reply.header(name, value);
    // What is refused before there is an operation: callers that are not signed in, requests that are none, or that a foreign page may have sent.
    const context = contexts.get(request) ?? { ...caller, startedAt };
    if (reply.statusCode >= 400 && context.isReported !== true) graphqlServer.report.finish({ context, operation: undefined, errors: errorsIn(body) });
    return body;
  });
  const stream = streamHandler(graphqlServer);
  const early = new HttpInterceptor(app, fast, isPlain, graphqlServer.log);
  front.intercept = (request, response, next) => early.intercept(request, response, next);
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    preParsing: async (request, _reply, payload) => {
      await requireSignInFirst(request, fast);
      return early.bodyOf(request) ?? payload;
    },
    handler: async (request, reply) => (wantsStream(request) ? stream(request, reply) : answer(request, reply)),
  });
  return () => apollo.stop();
}

/** Longer bodies are read only for those who are signed in: parsing one takes milliseconds. */
const MAX_ANONYMOUS_BYTES = 16 * 1024;

async function requireSignInFirst(request: FastifyRequest, fast: FastPath): Promise<void> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const bytes = Number(length ?? 0);
  // What is too long for everybody is refused as such.
  if (encoding === undefined && (bytes <= MAX_ANONYMOUS_BYTES || bytes > BODY_LIMIT_BYTES)) return;
  try {
    await fast.contextOf(request.raw, request.id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'UNAUTHENTICATED') throw Object.assign(new Error(error.message), { statusCode: 401 });
    // Whatever else it is, it is met again, and worded, with the operation.
  }
}

function callerOf(request: FastifyRequest): Caller {
  const { authorization, traceparent } = request.headers;
  return { authorization, transport: 'http', requestId: request.id, traceId: traceIdOf(traceparent) };
}

function errorsIn(body: unknown): FinishedOperation['errors'] {
  return typeof body === 'string' ? (JSON.parse(body) as Pick<FinishedOperation, 'errors'>).errors : undefined;
}
