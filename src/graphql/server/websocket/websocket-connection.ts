import type { Context } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { isExpiry } from '../../../access/sign-in/sign-in-failure.js';
import { AppError } from '../../../platform/errors.js';
import type { GraphqlServer } from '../graphql-server.js';
import type { SocketExtra } from './websocket-protocol.js';

/** Close codes: of the WebSocket protocol, and of graphql-transport-ws. */
const TRY_AGAIN_LATER = 1013;
const UNAUTHORIZED = 4401;
/** After an expiry: clients of graphql-ws take 4401 as final, but reconnect after 4403 and ask for the token again. */
const FORBIDDEN = 4403;
/** While more bytes than these wait to be read, streams send nothing more. */
const MOST_WAITING_BYTES = 256 * 1024;
/** Bytes that may wait to be written to one socket. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** How long a slow reader may take to read what waits and the close frame behind it. */
const SLOW_READER_MS = 10_000;
/** How long the last messages may take to go out before the socket is closed. */
const FLUSH_MS = 200;
/** The longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The clock tolerance of sign-in, plus the time in which open streams are re-authorized and ended first. */
const EXPIRY_GRACE_MS = 11_000;

export type ConnectionParams = Record<string, unknown>;
export type Connection = Context<ConnectionParams, SocketExtra>;

/** The Authorization value of `connectionParams`, whatever the case of its name; else that of the upgrade request. */
export function authorizationOf({ connectionParams, extra }: Connection): string | undefined {
  for (const [name, value] of Object.entries(connectionParams ?? {})) {
    if (name.toLowerCase() === 'authorization' && typeof value === 'string') return value;
  }
  return extra.request.headers.authorization;
}

/** Milliseconds until a verified token expires; null for an API key, and when a timer cannot count that long. */
function msUntilExpiry(authorization: string, now = Date.now()): number | null {
  const [, payload] = authorization.split('.');
  if (payload === undefined) return null;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown }; // the claims of a verified token
    const left = typeof exp === 'number' ? exp * 1000 - now + EXPIRY_GRACE_MS : MAX_TIMER_MS;
    return left < MAX_TIMER_MS ? Math.max(0, left) : null;
  } catch {
    return null;
  }
}

/** Releases the slot when the socket closes, or at once when it has closed meanwhile. Without a slot, closes the socket and returns false. */
function holdSlot(socket: WebSocket, release: (() => void) | null): boolean {
  if (release === null) socket.close(TRY_AGAIN_LATER, 'Too many connections');
  else if (socket.readyState === socket.CLOSED) release();
  else socket.once('close', release);
  return release !== null && socket.readyState !== socket.CLOSED;
}

/** Signs the caller in and counts the socket in its quota until it closes. Closes the socket and returns false for whom it refuses. */
export async function acceptConnection(graphqlServer: GraphqlServer, connection: Connection): Promise<boolean> {
  const { socket, request } = connection.extra;
  const authorization = authorizationOf(connection);
  // A socket without a token may stay open: some clients expect the error from their first operation. It runs nothing.
  if (authorization === undefined) return holdSlot(socket, graphqlServer.anonymousQuota.acquire('anonymous'));
  try {
    const container = await graphqlServer.admission.authenticate({ authorization, transport: 'websocket' }, () => graphqlServer.addressOf(request));
    if (!holdSlot(socket, graphqlServer.connectionQuota.acquire(container.viewer.username))) return false;
    const left = msUntilExpiry(authorization);
    if (left !== null) {
      const expiry = setTimeout(() => closeExpired(socket), left).unref();
      socket.once('close', () => clearTimeout(expiry));
    }
    return true;
  } catch (error) {
    if (graphqlServer.outage.covers(error)) {
      // Clients connect again after this code; after that of an internal error they give up.
      socket.close(TRY_AGAIN_LATER, 'The database is not available at present');
      return false;
    }
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'RATE_LIMITED') socket.close(TRY_AGAIN_LATER, 'Too many failed sign-ins');
    else if (isExpiry(error)) closeExpired(socket);
    else socket.close(UNAUTHORIZED, 'Unauthorized');
    return false;
  }
}

/** Closes the socket with 4401 once its last messages had time to go out. */
export function closeUnauthorized(socket: WebSocket): void {
  setTimeout(() => socket.close(UNAUTHORIZED, 'Unauthorized'), FLUSH_MS).unref();
}

/** Closes the socket of a caller whose token has expired. What is sent to it afterwards is dropped, so that no error ends its subscriptions for good. */
export function closeExpired(socket: WebSocket): void {
  socket.close(FORBIDDEN, 'The token has expired; connect again with a new one');
}

const flushes = new WeakMap<WebSocket, Promise<void>>();

/** False while so much waits to be read that streams send nothing more. */
export function takesMore({ bufferedAmount }: WebSocket): boolean {
  return bufferedAmount <= MOST_WAITING_BYTES;
}

/** Resolves once everything that waits has been written, or the socket is closed. */
export async function flushed(socket: WebSocket): Promise<void> {
  let flush = flushes.get(socket);
  if (flush === undefined) {
    flush = flushOf(socket).finally(() => flushes.delete(socket));
    flushes.set(socket, flush);
  }
  return flush;
}

async function flushOf(socket: WebSocket): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  const flush = Promise.withResolvers<void>();
  const done = (): void => flush.resolve();
  socket.once('close', done);
  // The callback of a ping that is sent behind everything else comes when all of it was written.
  socket.ping(undefined, undefined, done);
  await flush.promise;
  socket.off('close', done);
}

/** Whether answers to queries wait as well, so that no more may be asked. */
export function isTooSlow({ bufferedAmount }: WebSocket): boolean {
  return bufferedAmount > MAX_BUFFERED_BYTES;
}

/** Closes the socket of a slow reader, which bounds what waits for it; the client connects and subscribes again. */
export function closeSlowReader(socket: WebSocket, { log }: GraphqlServer): void {
  if (socket.readyState !== socket.OPEN) return;
  log.info({ transport: 'websocket' }, 'A reader was too slow and is cut off.');
  socket.close(TRY_AGAIN_LATER, 'Too slow: 1 MiB waits to be read');
  setTimeout(() => socket.terminate(), SLOW_READER_MS).unref();
}
