import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { GatewayContext } from '../access/scope.js';
import type { ScopeFactory } from '../access/scope-factory.js';
import { AppError, unauthenticated } from '../platform/errors.js';
import { publicError, withStatus } from './errors.js';
import { MAX_TOKENS } from './operation.js';

export interface GraphqlDoor {
  schema: GraphQLSchema;
  scopes: ScopeFactory;
  log: Logger;
  introspection: boolean;
}

/** Nothing is answered to a caller who is not signed in, not even the shape of the graph. */
const signedInOnly: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ contextValue }) {
        if (contextValue.scope.isAnonymous) throw withStatus(unauthenticated(), 401);
      },
      // formatError is not told the context, so the id travels on the error; it is shown only where one is masked.
      async didEncounterErrors({ contextValue, errors }) {
        for (const error of errors) error.extensions.requestId = contextValue.requestId;
      },
    };
  },
};

function quiet(log: Logger) {
  return {
    debug: (message?: unknown) => log.debug(String(message)),
    info: (message?: unknown) => log.debug(String(message)),
    warn: (message?: unknown) => log.warn(String(message)),
    error: (message?: unknown) => log.error(String(message)),
  };
}

/** Serves GraphQL over HTTP at /graphql. The server returned is to be stopped after the last request. */
export async function openHttpDoor(app: FastifyInstance, door: GraphqlDoor): Promise<ApolloServer<GatewayContext>> {
  const apollo = new ApolloServer<GatewayContext>({
    schema: door.schema,
    introspection: door.introspection,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    logger: quiet(door.log),
    formatError: (formatted, error) => {
      const requestId = error instanceof GraphQLError ? String(error.extensions.requestId ?? 'unknown') : 'unknown';
      return publicError(error, formatted, { requestId, log: door.log });
    },
    plugins: [
      signedInOnly,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();
  const handler = fastifyApolloHandler(apollo, {
    context: async (request) => {
      try {
        return { scope: await door.scopes.open(request.headers.authorization), requestId: request.id };
      } catch (error) {
        throw error instanceof AppError ? withStatus(error, 401) : error;
      }
    },
  });
  app.route({ method: ['GET', 'POST'], url: '/graphql', handler });
  return apollo;
}
