import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../platform/errors.js';
import { traceIdOf } from '../platform/trace-id.js';
import type { DoorContext } from './admission.js';
import { doorPlugin } from './apollo-plugin.js';
import type { GraphqlDoor } from './door.js';
import { publicError, withStatus } from './errors.js';
import { MAX_TOKENS } from './limits.js';
import { streamHandler, wantsStream } from './sse-door.js';

function quiet(log: GraphqlDoor['log']) {
  return {
    debug: (message?: unknown) => log.debug(String(message)),
    info: (message?: unknown) => log.debug(String(message)),
    warn: (message?: unknown) => log.warn(String(message)),
    error: (message?: unknown) => log.error(String(message)),
  };
}

function createApollo(door: GraphqlDoor, plugins: ApolloServerPlugin<DoorContext>[]): ApolloServer<DoorContext> {
  return new ApolloServer<DoorContext>({
    schema: door.schema,
    // Our own rules decide, so that they are the same on every transport.
    introspection: true,
    validationRules: [...door.admission.rules],
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    persistedQueries: { cache: door.persisted },
    logger: quiet(door.log),
    formatError: (formatted, error) => {
      const { requestId = 'unknown', traceId } = door.contextOf.get(error as object) ?? {};
      return publicError(error, formatted, { requestId, traceId, log: door.log });
    },
    plugins: [
      doorPlugin(door),
      ...plugins,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

/** Serves GraphQL over HTTP and SSE at /graphql. The function returned is to be called after the last request. */
export async function openHttpDoor(app: FastifyInstance, door: GraphqlDoor, plugins: ApolloServerPlugin<DoorContext>[] = []): Promise<() => Promise<void>> {
  const apollo = createApollo(door, plugins);
  await apollo.start();
  const answer = fastifyApolloHandler(apollo, {
    context: async (request) => {
      const { authorization } = request.headers;
      const caller = { authorization, transport: 'http' as const, requestId: request.id, traceId: traceIdOf(request.headers.traceparent) };
      try {
        return await door.admission.signIn(caller);
      } catch (error) {
        door.operations.refusal(error, { ...caller, startedAt: performance.now() });
        throw error instanceof AppError ? withStatus(error) : error;
      }
    },
  });
  const stream = streamHandler(door);
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: (request, reply) => (wantsStream(request) ? stream(request, reply) : answer.call(app, request, reply)),
  });
  return () => apollo.stop();
}
