import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CloseCode, makeServer, type ServerOptions } from 'graphql-ws';
import type { Logger } from 'pino';
import type { WebSocket, WebSocketServer } from 'ws';
import { isRecord } from '../parse-request.js';
import { ReadProgress } from '../read-progress.js';

const PING_MS = 12_000;
/** Pings sent before the event loop may turn to other work. */
const PINGS_PER_TURN = 250;
const ABNORMAL_CLOSURE = 1006;
/** Characters of an operation's id, which each of its messages repeats. */
const MAX_ID_LENGTH = 200;
const SERVER_MESSAGE_TYPES = ['connection_ack', 'next', 'error'];

export interface SocketExtra extends Record<PropertyKey, unknown> {
  socket: WebSocket;
  request: IncomingMessage;
}

/** Reduces the payload of `connection_init` to its Authorization: graphql-ws holds the payload for as long as the socket is open. */
function authorizationIn(payload: object): Record<string, string> {
  for (const [name, value] of Object.entries(payload)) {
    if (name.toLowerCase() === 'authorization' && typeof value === 'string') return { authorization: value };
  }
  return {};
}

/**
 * JSON reviver for messages of graphql-transport-ws. Throws for a message type that only servers send and for an id that is too
 * long, so that the socket is closed with 4400; graphql-ws alone would close it with 4500 and print a stack on stderr.
 */
export function readClientMessage(key: string, value: unknown): unknown {
  if (key !== '' || !isRecord(value)) return value;
  const { id, type, payload } = value;
  if (typeof id === 'string' && id.length > MAX_ID_LENGTH) throw new Error(`The id of an operation has at most ${MAX_ID_LENGTH} characters.`);
  if (SERVER_MESSAGE_TYPES.some((one) => one === type)) throw new Error('Only servers send this type of message.');
  return type === 'connection_init' && isRecord(payload) ? { type, payload: authorizationIn(payload) } : value;
}

/**
 * Serves graphql-transport-ws on every socket of `sockets`, and returns a function that stops the pings. Closes a socket with 4400
 * for a malformed message, logged at info, where graphql-ws's own binding for ws prints a stack; terminates a socket that neither
 * answers a ping nor reads what was sent before it.
 */
export function serveProtocol(sockets: WebSocketServer, options: ServerOptions<Record<string, unknown>, SocketExtra>, log: Logger): () => void {
  const protocol = makeServer({ ...options, jsonMessageReviver: readClientMessage });
  const responsive = new WeakSet<WebSocket>();
  const progress = new WeakMap<WebSocket, ReadProgress>();
  sockets.on('connection', (socket, request) => {
    responsive.add(socket);
    socket.on('pong', () => responsive.add(socket));
    socket.on('error', (error) => log.info({ reason: error.message }, 'A WebSocket broke off.'));
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (read) => socket.on('message', (message) => void read(String(message)).catch((error: unknown) => closeAfterError(socket, error, log))),
      },
      { socket, request },
    );
    progress.set(socket, new ReadProgress(request.socket));
    socket.once('close', (code, reason) => void closed(code ?? ABNORMAL_CLOSURE, String(reason)).catch((error: unknown) => log.error({ err: error }, 'A WebSocket did not end cleanly.')));
  });
  const pings = setInterval(() => void pingAll(sockets, { responsive, progress, log }), PING_MS).unref();
  return () => clearInterval(pings);
}

async function send(socket: WebSocket, text: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  await new Promise<void>((resolve, reject) => socket.send(text, (error) => (error ? reject(error) : resolve())));
}

function closeAfterError(socket: WebSocket, error: unknown, log: Logger): void {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('Unexpected message of type')) {
    log.info({ reason: message.slice(0, 200) }, 'A WebSocket message was refused.');
    socket.close(CloseCode.BadRequest, 'Invalid message received');
    return;
  }
  // Writing to a socket that is closing fails; nothing is wrong then.
  if (socket.readyState !== socket.OPEN) return;
  const requestId = randomUUID();
  log.error({ err: error, requestId }, 'A WebSocket message failed.');
  socket.close(CloseCode.InternalServerError, `Internal server error; request ${requestId}`);
}

interface Liveness {
  /** Sockets that have answered the last ping. */
  responsive: WeakSet<WebSocket>;
  progress: WeakMap<WebSocket, ReadProgress>;
  log: Logger;
}

/** Terminates sockets that have not answered the last ping, unless they may still read what came before it, and pings the others. */
async function pingAll(sockets: WebSocketServer, { responsive, progress, log }: Liveness): Promise<void> {
  let pinged = 0;
  for (const socket of sockets.clients) {
    const mayRead = socket.bufferedAmount > 0 && progress.get(socket)?.isStalled() === false;
    if (responsive.delete(socket)) {
      if (socket.readyState === socket.OPEN) socket.ping();
    } else if (!mayRead) {
      log.info({ transport: 'websocket' }, 'A socket does not answer pings and is cut off.');
      socket.terminate();
    }
    if ((pinged += 1) % PINGS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
