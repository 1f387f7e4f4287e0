import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { type ExecutionArgs, GraphQLError } from 'graphql';
import type { ConnectionInitMessage, ServerOptions } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { GatewayContext, RequestScope } from '../access/scope.js';
import { AppError } from '../platform/errors.js';
import { publicError } from './errors.js';
import type { GraphqlDoor } from './http-door.js';
import { admitOperation, type OperationRequest, subscribeFresh } from './operation.js';
import { readClientMessage } from './client-messages.js';

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

type Params = ConnectionInitMessage['payload'];
type Extras = Record<string, unknown>;

/** What graphql-ws asks on the way: who connects, whether an operation may run, and how errors look. */
function serverOptions(door: GraphqlDoor): ServerOptions<Params, Extra & Partial<Extras>> {
  const open = async (connection: Connection): Promise<RequestScope> => door.scopes.open(authorizationOf(connection));
  // graphql-ws wants GraphQLError objects; what the mask made is exactly what they serialise to.
  const masked = (errors: readonly GraphQLError[], requestId: string): GraphQLError[] =>
    errors.map((error) => publicError(error, error.toJSON(), { requestId, log: door.log })) as unknown as GraphQLError[];
  return {
    jsonMessageReviver: readClientMessage,
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
      try {
        const context: GatewayContext = { scope: await open(connection), requestId: randomUUID() };
        return admitOperation(door.schema, payload as OperationRequest, context, door.introspection);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return [new GraphQLError(error.message, { originalError: error })];
      }
    },
    subscribe: subscribeFresh,
    onNext: (_connection, _id, _payload, args, result) =>
      result.errors === undefined ? result : { ...result, errors: masked(result.errors, contextOf(args).requestId) },
    onError: (_connection, _id, _payload, errors) => masked(errors as readonly GraphQLError[], randomUUID()),
  };
}

/** Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql; the function returned closes every socket. */
export function openWebsocketDoor(server: Server, door: GraphqlDoor): () => Promise<void> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  const graphql = useServer<Params, Extras>(serverOptions(door), sockets);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.url?.split('?', 1)[0] !== '/graphql') {
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
