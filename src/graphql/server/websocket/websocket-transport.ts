import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError } from '../../../platform/errors.js';
import { endWithFault } from '../../../platform/http/http-faults.js';
import { requestIdOf } from '../../../platform/http/http.js';
import { quoteValue } from '../../../platform/message-text.js';
import { traceIdOf } from '../../../platform/trace-id.js';
import type { Caller } from '../../admission/admission.js';
import type { AdmittedOperation, OperationRequest } from '../../pipeline/operation-pipeline.js';
import { PublicErrors } from '../../pipeline/public-errors.js';
import type { GraphqlServer } from '../graphql-server.js';
import { acceptConnection, authorizationOf, closeExpired, closeSlowReader, closeUnauthorized, type Connection, type ConnectionParams, flushed, isTooSlow, takesMore } from './websocket-connection.js';
import { serveProtocol, type SocketExtra } from './websocket-protocol.js';

const PROTOCOL = 'graphql-transport-ws';
const MAX_MESSAGE_BYTES = 256 * 1024;
const GOING_AWAY = 1001;
/** How long clients may take to answer the close frame when the process stops. */
const CLOSE_MS = 500;

/** How long the result of an operation that has ended may take to be handed to its socket. */
const RESULT_MS = 100;

/** The operations of one socket. */
interface SocketOperations {
  /** Queries, mutations, and subscriptions that are being started. */
  running: number;
  /** Functions that end the open subscriptions; called when the socket closes. */
  readonly streams: Set<() => void>;
}

/** An admitted operation, with the socket and the message id that it came with. */
interface OpenOperation {
  admitted: AdmittedOperation;
  socket: WebSocket;
  id: string;
  /** The open subscriptions of the socket. */
  streams: SocketOperations['streams'];
}

/** Throws PublicErrors for an operation that may not run. */
async function admit(graphqlServer: GraphqlServer, connection: Connection, request: OperationRequest, operations: Readonly<SocketOperations>): Promise<AdmittedOperation> {
  const { socket, request: upgrade } = connection.extra;
  const caller: Caller = {
    authorization: authorizationOf(connection),
    transport: 'websocket',
    requestId: randomUUID(),
    traceId: traceIdOf(upgrade.headers.traceparent),
    connection: socket,
  };
  try {
    if (graphqlServer.openStreams.isStopping) throw new AppError('SHUTTING_DOWN', 'The process stops; connect again, and send the operation to the next one.');
    if (isTooSlow(socket)) {
      closeSlowReader(socket, graphqlServer);
      throw new AppError('SLOW_READER', 'More than 1 MiB of answers waits to be read on this socket; read them before you ask for more.');
    }
    if (operations.streams.size + operations.running > graphqlServer.operationsPerSocket) {
      throw new AppError('TOO_MANY_OPERATIONS', `${graphqlServer.operationsPerSocket} operations are open on this socket; complete some of them, or open another one.`);
    }
    return await graphqlServer.pipeline.admit(request, await graphqlServer.admission.signIn(caller, () => graphqlServer.addressOf(upgrade)));
  } catch (error) {
    throw error instanceof PublicErrors ? error : graphqlServer.pipeline.refusal(error, { ...caller, startedAt: performance.now() });
  }
}

/** Wraps our errors in a GraphQLError, as graphql-ws accepts no others; `unwrapErrors` takes them out again before they are sent. */
function wrapErrors(errors: PublicErrors): GraphQLError[] {
  return [new GraphQLError(errors.message, { originalError: errors })];
}

function unwrapErrors(graphqlServer: GraphqlServer, errors: readonly unknown[]): readonly GraphQLFormattedError[] {
  const [first] = errors;
  const inner = first instanceof GraphQLError ? first.originalError : undefined;
  if (inner instanceof PublicErrors) return inner.errors;
  return graphqlServer.pipeline.refusal(inner ?? first, { transport: 'websocket', requestId: randomUUID(), traceId: undefined, startedAt: performance.now() }).errors;
}

function forGraphqlWs(result: FormattedExecutionResult): ExecutionResult {
  return result as ExecutionResult; // graphql-ws hands it to `onNext` unread, though it declares errors as graphql-js throws them.
}

/**
 * Subscribes, and writes each result to the socket itself; the iterator for graphql-ws yields nothing and only ends. Iterating every
 * result through graphql-ws costs up to five promises per reader, which takes several times as long.
 */
async function subscribe(graphqlServer: GraphqlServer, { admitted, socket, id, streams }: OpenOperation): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const end = Promise.withResolvers<IteratorResult<ExecutionResult>>();
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  const leave = await graphqlServer.pipeline.subscribe(admitted, {
    get isReady() {
      return takesMore(socket);
    },
    ready: async () => flushed(socket),
    next: (json) => {
      if (socket.readyState === socket.OPEN) socket.send(`${head}${json}}`);
    },
    end: (error) => {
      if (error?.isExpiry === true) closeExpired(socket);
      if (error === null) end.resolve(done);
      else end.reject(error);
    },
  });
  if (typeof leave !== 'function') return forGraphqlWs(leave);
  const stop = (): void => {
    streams.delete(stop);
    leave();
    end.resolve(done);
  };
  streams.add(stop);
  // The stream may also end by itself.
  end.promise.then(stop, stop);
  if (socket.readyState !== socket.OPEN) stop();
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: () => end.promise,
    return: async () => {
      stop();
      return done;
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}

/**
 * Counts the operations of each socket, and closes sockets once they have none that runs. graphql-ws tracks one per message id and loses those whose id is reused while they
 * start; a client could open any number that way, and they would outlive the socket.
 */
class OperationsBySocket {
  readonly #operations = new WeakMap<WebSocket, SocketOperations>();
  readonly #closing = new WeakSet<WebSocket>();

  /** Counts one that ends; its result is sent right afterwards. */
  ended(socket: WebSocket): void {
    const operations = this.of(socket);
    operations.running -= 1;
    if (operations.running === 0 && this.#closing.has(socket)) setTimeout(() => goAway(socket), RESULT_MS).unref();
  }

  /** Closes the socket when its last query or mutation has been answered. Its subscriptions end with it, so that its client opens them anew elsewhere. */
  closeOnceIdle(socket: WebSocket): void {
    if ((this.#operations.get(socket)?.running ?? 0) === 0) goAway(socket);
    else this.#closing.add(socket);
  }

  of(socket: WebSocket): SocketOperations {
    const existing = this.#operations.get(socket);
    if (existing !== undefined) return existing;
    const operations: SocketOperations = { running: 0, streams: new Set() };
    this.#operations.set(socket, operations);
    socket.once('close', () => {
      for (const stop of [...operations.streams]) stop();
    });
    return operations;
  }
}

/** Closes the socket, and cuts it off when its client does not answer the close frame. */
function goAway(socket: WebSocket): void {
  socket.close(GOING_AWAY, 'Going away');
  setTimeout(() => socket.terminate(), CLOSE_MS).unref();
}

/** The callbacks of graphql-ws: who may connect, whether an operation may run, how it runs, and how its errors look. */
function serverOptions(graphqlServer: GraphqlServer, bySocket: OperationsBySocket): ServerOptions<ConnectionParams, SocketExtra> {
  const open = new WeakMap<ExecutionArgs, OpenOperation>();
  const run = async <R>(args: ExecutionArgs, start: (operation: OpenOperation) => Promise<R>): Promise<R> => {
    const operation = open.get(args);
    if (operation === undefined) throw new Error('graphql-ws runs an operation that was not admitted.');
    return start(operation).finally(() => bySocket.ended(operation.socket));
  };
  return {
    onConnect: (connection) => acceptConnection(graphqlServer, connection),
    onSubscribe: async (connection, id, payload) => {
      const { socket } = connection.extra;
      const operations = bySocket.of(socket);
      operations.running += 1;
      try {
        const admitted = await admit(graphqlServer, connection, payload, operations);
        open.set(admitted, { admitted, socket, id, streams: operations.streams });
        // graphql-ws holds the message while the operation is open: drop the text and the variables that we have parsed.
        Object.assign(payload, { query: '', variables: null, extensions: null });
        return admitted;
      } catch (error) {
        bySocket.ended(socket);
        if (!(error instanceof PublicErrors)) throw error;
        if (error.isExpiry) closeExpired(socket);
        return wrapErrors(error);
      }
    },
    execute: (args) => run(args, async ({ admitted }) => forGraphqlWs(await graphqlServer.pipeline.execute(admitted))),
    subscribe: (args) => run(args, async (operation) => subscribe(graphqlServer, operation)),
    onNext: (_connection, _id, _payload, _args, result) => result,
    onError: (connection, _id, _payload, errors) => {
      const shown = unwrapErrors(graphqlServer, errors);
      const wasSignedIn = authorizationOf(connection) !== undefined;
      if (wasSignedIn && shown[0]?.extensions?.code === 'UNAUTHENTICATED') closeUnauthorized(connection.extra.socket);
      return shown;
    },
  };
}

/** Resolves once the socket is closed: when its last query or mutation was answered, or the time is over. */
async function closeWithin(socket: WebSocket, withinMs: number, bySocket: OperationsBySocket): Promise<void> {
  const closed = Promise.withResolvers<void>();
  socket.once('close', () => closed.resolve());
  bySocket.closeOnceIdle(socket);
  const late = setTimeout(() => goAway(socket), withinMs);
  await closed.promise;
  clearTimeout(late);
}

/**
 * Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql. The returned function closes every socket once its queries and mutations
 * have been answered, or after the given time.
 */
export function openWebsocketTransport(server: Server, graphqlServer: GraphqlServer): (withinMs: number) => Promise<void> {
  const bySocket = new OperationsBySocket();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  const refuse = (socket: Duplex, request: IncomingMessage, status: number, message: string): void => endWithFault(socket, { status, message, requestId: requestIdOf(request) }, graphqlServer.log);
  sockets.on('wsClientError', (error, socket, request) => refuse(socket, request, 400, `${error.message}.`));
  sockets.on('connection', (socket) => {
    graphqlServer.metrics.opened('websocket');
    socket.once('close', () => graphqlServer.metrics.closed('websocket'));
  });
  const stopPings = serveProtocol(sockets, serverOptions(graphqlServer, bySocket), graphqlServer.log);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?', 1)[0] !== '/graphql') return refuse(socket, request, 404, 'There is no WebSocket here; it is at /graphql.');
    if (!graphqlServer.isOriginAllowed(request)) {
      return refuse(socket, request, 403, `Pages of the origin ${quoteValue(request.headers.origin)} may not open streams here; accepted are the host of the request, PUBLIC_URL, and what ALLOWED_ORIGINS names. A proxy must forward Host, or PUBLIC_URL must be its address.`);
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  };
  server.on('upgrade', upgrade);
  return async (withinMs) => {
    server.off('upgrade', upgrade);
    stopPings();
    const closed = [...sockets.clients].map(async (client) => closeWithin(client, withinMs, bySocket));
    await Promise.all([...closed, new Promise((resolve) => sockets.close(resolve))]);
  };
}
