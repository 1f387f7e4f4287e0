import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Context, ServerOptions } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError } from '../../platform/errors.js';
import { endWithFault } from '../../platform/http/http-faults.js';
import { traceIdOf } from '../../platform/trace-id.js';
import type { Caller } from '../admission/admission.js';
import { readClientMessage } from './client-messages.js';
import type { GraphqlServer } from './graphql-server.js';
import { PublicErrors } from '../pipeline/public-errors.js';
import type { AdmittedOperation, OperationRequest } from '../pipeline/operation-pipeline.js';
import type { ResultStream } from '../pipeline/shared-streams.js';
import { type SocketExtra, serveProtocol } from './websocket-protocol.js';
import { msUntilExpiry } from '../admission/token-expiry.js';

const PROTOCOL = 'graphql-transport-ws';
const MAX_MESSAGE_BYTES = 256 * 1024;
/** What may wait to be written to one socket. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const GOING_AWAY = 1001;
const TRY_LATER = 1013;
const UNAUTHORIZED = 4401;
/** Time for a slow reader to read what waits, and be told why its socket is closed, before it is cut off. */
const SLOW_READER_MS = 10_000;
/** Time for the last messages to go out before a socket is closed. */
const LAST_WORDS_MS = 200;

type Params = Record<string, unknown>;
type Connection = Context<Params, SocketExtra>;

/** The Authorization value: of `connectionParams`, whatever its case, else of the upgrade request. */
function authorizationOf({ connectionParams, extra }: Connection): string | undefined {
  for (const [name, value] of Object.entries(connectionParams ?? {})) {
    if (name.toLowerCase() === 'authorization' && typeof value === 'string') return value;
  }
  return extra.request.headers.authorization;
}

function closeSoon(socket: WebSocket): void {
  setTimeout(() => socket.close(UNAUTHORIZED, 'Unauthorized'), LAST_WORDS_MS).unref();
}

function sit(socket: WebSocket, leave: (() => void) | null): boolean {
  if (leave === null) socket.close(TRY_LATER, 'Too many connections');
  else socket.once('close', leave);
  return leave !== null;
}

/** Checks who connects and takes a seat for it, given back when the socket closes. */
async function welcome(graphqlServer: GraphqlServer, connection: Connection): Promise<boolean> {
  const { socket } = connection.extra;
  const authorization = authorizationOf(connection);
  // Without a token a socket may be open, as its client may want to be told by the first operation; it runs nothing.
  if (authorization === undefined) return sit(socket, graphqlServer.anonymousQuota.acquire('anonymous'));
  try {
    const container = await graphqlServer.admission.authenticate(authorization, () => graphqlServer.addressOf(connection.extra.request));
    if (!sit(socket, graphqlServer.connectionQuota.acquire(container.viewer.username))) return false;
    const left = msUntilExpiry(authorization);
    if (left !== null) {
      const expiry = setTimeout(() => closeSoon(socket), left).unref();
      socket.once('close', () => clearTimeout(expiry));
    }
    return true;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'RATE_LIMITED') socket.close(TRY_LATER, 'Too many failed sign-ins');
    else socket.close(UNAUTHORIZED, 'Unauthorized');
    return false;
  }
}

/** The client reconnects and subscribes again; what waits for it stays bounded, as nothing more is written. */
function closeSlowReader(socket: WebSocket, { log }: GraphqlServer): void {
  if (socket.readyState !== socket.OPEN) return;
  log.info({ transport: 'websocket' }, 'A reader was too slow and is cut off.');
  socket.close(TRY_LATER, 'Too slow: 1 MiB waits to be read');
  setTimeout(() => socket.terminate(), SLOW_READER_MS).unref();
}

function isTooSlow({ bufferedAmount }: WebSocket): boolean {
  return bufferedAmount > MAX_BUFFERED_BYTES;
}

/** Throws PublicErrors for what may not run. */
async function admit(graphqlServer: GraphqlServer, connection: Connection, request: OperationRequest, operations: Readonly<SocketOperations>): Promise<AdmittedOperation> {
  const caller: Caller = {
    authorization: authorizationOf(connection),
    transport: 'websocket',
    requestId: randomUUID(),
    traceId: traceIdOf(connection.extra.request.headers.traceparent),
    connection: connection.extra.socket,
  };
  const { socket } = connection.extra;
  try {
    if (isTooSlow(socket)) {
      closeSlowReader(socket, graphqlServer);
      throw new AppError('SLOW_READER', 'More than 1 MiB of answers waits to be read on this socket; read them before you ask for more.');
    }
    if (operations.streams.size + operations.running > graphqlServer.operationsPerSocket) {
      throw new AppError('TOO_MANY_OPERATIONS', `${graphqlServer.operationsPerSocket} operations are open on this socket; complete some of them, or open another one.`);
    }
    return await graphqlServer.pipeline.admit(request, await graphqlServer.admission.signIn(caller, () => graphqlServer.addressOf(connection.extra.request)));
  } catch (error) {
    throw error instanceof PublicErrors ? error : graphqlServer.pipeline.refusal(error, { ...caller, startedAt: performance.now() });
  }
}

/** graphql-ws wants GraphQLError objects; what goes out is taken from inside. */
function wrapped(error: PublicErrors): GraphQLError[] {
  return [new GraphQLError(error.message, { originalError: error })];
}

function unwrapped(graphqlServer: GraphqlServer, errors: readonly unknown[]): readonly GraphQLError[] {
  const [first] = errors;
  const inner = first instanceof GraphQLError ? first.originalError : undefined;
  const shown = inner instanceof PublicErrors ? inner : graphqlServer.pipeline.refusal(inner ?? first, { transport: 'websocket', requestId: randomUUID(), traceId: undefined, startedAt: performance.now() });
  return shown.errors as unknown as readonly GraphQLError[];
}

/** What runs on one socket. */
interface SocketOperations {
  /** Queries, mutations, and subscriptions that begin. */
  running: number;
  /** Ends of the subscriptions that are open, called when the socket closes. */
  readonly streams: Set<() => void>;
}

/** Where an admitted operation came from. */
interface Place {
  socket: WebSocket;
  id: string;
  operations: SocketOperations;
}

/**
 * A subscription whose answers go to the socket at once; graphql-ws is told of its end only. Its own way, a promise or
 * five per reader and answer, takes several times as long.
 */
async function subscribe(graphqlServer: GraphqlServer, admitted: AdmittedOperation, { socket, id, operations: { streams } }: Place): Promise<ResultStream | ExecutionResult> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const end = Promise.withResolvers<IteratorResult<ExecutionResult>>();
  const done = { done: true, value: undefined } as const;
  const leave = await graphqlServer.pipeline.subscribe(admitted, {
    next: (json) => {
      if (socket.readyState !== socket.OPEN) return;
      if (isTooSlow(socket)) closeSlowReader(socket, graphqlServer);
      else socket.send(`${head}${json}}`);
    },
    end: (error) => (error === null ? end.resolve(done) : end.reject(error)),
  });
  if (typeof leave !== 'function') return leave;
  const stop = (): void => {
    streams.delete(stop);
    leave();
    end.resolve(done);
  };
  streams.add(stop);
  // Leaves as well when the stream ends by itself.
  end.promise.then(stop, stop);
  if (socket.readyState !== socket.OPEN) stop();
  const results: ResultStream = {
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
 * The operations of each socket. graphql-ws keeps one for each id and forgets those whose id is used again while they
 * begin, so that a socket could open any number of them, and they would outlive it.
 */
class OpenOperations {
  readonly #open = new WeakMap<WebSocket, SocketOperations>();

  of(socket: WebSocket): SocketOperations {
    const known = this.#open.get(socket);
    if (known !== undefined) return known;
    const operations: SocketOperations = { running: 0, streams: new Set() };
    this.#open.set(socket, operations);
    socket.once('close', () => {
      for (const stop of [...operations.streams]) stop();
    });
    return operations;
  }
}

/** What graphql-ws asks on the way: who connects, whether an operation may run, and how errors look. */
function serverOptions(graphqlServer: GraphqlServer): ServerOptions<Params, SocketExtra> {
  const places = new WeakMap<ExecutionArgs, Place>();
  const open = new OpenOperations();
  const finish = async <R>(args: ExecutionArgs, run: (place: Place) => Promise<R>): Promise<R> => {
    const place = places.get(args) as Place;
    return run(place).finally(() => (place.operations.running -= 1));
  };
  return {
    jsonMessageReviver: readClientMessage,
    onConnect: (connection) => welcome(graphqlServer, connection),
    onSubscribe: async (connection, id, payload) => {
      const { socket } = connection.extra;
      const operations = open.of(socket);
      operations.running += 1;
      try {
        const admitted = await admit(graphqlServer, connection, payload as OperationRequest, operations);
        places.set(admitted, { socket, id, operations });
        // graphql-ws holds the message for as long as the operation is open; what was read of it must not take memory twice.
        Object.assign(payload, { query: '', variables: null, extensions: null });
        return admitted;
      } catch (error) {
        operations.running -= 1;
        if (!(error instanceof PublicErrors)) throw error;
        return wrapped(error);
      }
    },
    execute: (args) => finish(args, async () => graphqlServer.pipeline.execute(args as AdmittedOperation)),
    subscribe: (args) => finish(args, async (place) => subscribe(graphqlServer, args as AdmittedOperation, place)),
    onNext: (_connection, _id, _payload, _args, result) => result as ExecutionResult,
    onError: (connection, _id, _payload, errors) => {
      const shown = unwrapped(graphqlServer, errors);
      const wasSignedIn = authorizationOf(connection) !== undefined;
      if (wasSignedIn && shown[0]?.extensions?.code === 'UNAUTHENTICATED') closeSoon(connection.extra.socket);
      return shown;
    },
  };
}

/** Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql; the function returned closes every socket. */
export function openWebsocketTransport(server: Server, graphqlServer: GraphqlServer): () => Promise<void> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  sockets.on('wsClientError', (error, socket) => endWithFault(socket as never, 400, `${error.message}.`));
  sockets.on('connection', (socket) => {
    graphqlServer.metrics.opened('websocket');
    socket.once('close', () => graphqlServer.metrics.closed('websocket'));
  });
  const stopPings = serveProtocol(sockets, serverOptions(graphqlServer), graphqlServer.log);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?', 1)[0] !== '/graphql') return endWithFault(socket as never, 404, 'There is no WebSocket here; it is at /graphql.');
    if (!graphqlServer.isOriginAllowed(request)) {
      graphqlServer.log.info({ code: 'FORBIDDEN', origin: request.headers.origin?.slice(0, 200) }, 'A WebSocket of a foreign page was refused.');
      return endWithFault(socket as never, 403, 'Pages of this origin may not open streams here; ALLOWED_ORIGINS names those that may.');
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  };
  server.on('upgrade', upgrade);
  return async () => {
    server.off('upgrade', upgrade);
    for (const client of sockets.clients) client.close(GOING_AWAY, 'Going away');
    const cut = setTimeout(() => sockets.clients.forEach((client) => client.terminate()), 500);
    stopPings();
    await new Promise((resolve) => sockets.close(resolve));
    clearTimeout(cut);
  };
}
