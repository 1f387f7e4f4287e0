import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ConnectionInitMessage } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { GatewayContext, RequestScope } from '../access/scope.js';
import { AppError } from '../platform/errors.js';
import { publicError } from './errors.js';
import type { GraphqlDoor } from './http-door.js';
import { admitOperation, type OperationRequest, subscribeFresh } from './operation.js';

const PROTOCOL = 'graphql-transport-ws';
const MAX_MESSAGE_BYTES = 256 * 1024;
const GOING_AWAY = 1001;
const UNAUTHORIZED = 4401;

interface Connection {
  connectionParams?: ConnectionInitMessage['payload'];
  extra: Extra;
}

/** The Authorization value: of `connectionParams`, whatever its case, else of the upgrade request. */
function authorizationOf({ connectionParams, extra }: Connection): string | undefined {
  for (const [name, value] of Object.entries(connectionParams ?? {})) {
    if (name.toLowerCase() === 'authorization' && typeof value === 'string') return value;
  }
  return extra.request.headers.authorization;
}

function contextOf(args: ExecutionArgs): GatewayContext {
  return args.contextValue as GatewayContext;
}

/** Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql; the function returned closes every socket. */
export function openWebsocketDoor(server: Server, door: GraphqlDoor): () => Promise<void> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  const mask = (error: GraphQLError, requestId: string): GraphQLFormattedError =>
    publicError(error, error.toJSON(), { requestId, log: door.log });
  const open = async (connection: Connection): Promise<RequestScope> => door.scopes.open(authorizationOf(connection));

  const graphql = useServer(
    {
      onConnect: async (connection) => {
        try {
          await open(connection);
          return true;
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          connection.extra.socket.close(UNAUTHORIZED, 'Unauthorized');
          return false;
        }
      },
      onSubscribe: async (connection, _id, payload) => {
        const requestId = randomUUID();
        try {
          const context: GatewayContext = { scope: await open(connection), requestId };
          return admitOperation(door.schema, payload as OperationRequest, context, door.introspection);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return [new GraphQLError(error.message, { originalError: error })];
        }
      },
      subscribe: subscribeFresh,
      onNext: (_connection, _id, _payload, args, result) => {
        if (result.errors === undefined) return result;
        const errors = result.errors.map((error) => mask(error, contextOf(args).requestId));
        // graphql-ws wants GraphQLError objects, which serialise to exactly what the mask made.
        return { ...result, errors: errors as unknown as GraphQLError[] };
      },
      onError: (_connection, _id, _payload, errors) =>
        errors.map((error) => mask(error as GraphQLError, randomUUID())) as unknown as GraphQLError[],
    },
    sockets,
  );

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/graphql') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  };
  server.on('upgrade', upgrade);
  return async () => {
    server.off('upgrade', upgrade);
    for (const client of sockets.clients) client.close(GOING_AWAY, 'Going away');
    await graphql.dispose();
  };
}
