import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CloseCode, makeServer, type ServerOptions } from 'graphql-ws';
import type { Logger } from 'pino';
import type { WebSocket, WebSocketServer } from 'ws';

const PING_MS = 12_000;
/** Sockets that are pinged before other work gets its turn. */
const PINGS_PER_TURN = 250;
const BROKEN_OFF = 1006;

export interface SocketExtra extends Record<PropertyKey, unknown> {
  socket: WebSocket;
  request: IncomingMessage;
}

/**
 * Speaks graphql-transport-ws on every socket of a server. A message that is none closes its socket with 4400 and is told at
 * info, where graphql-ws's own binding writes a stack to stderr; a socket that does not answer a ping is cut off.
 */
export function serveProtocol(sockets: WebSocketServer, options: ServerOptions<Record<string, unknown>, SocketExtra>, log: Logger): () => void {
  const protocol = makeServer(options);
  const answering = new WeakSet<WebSocket>();
  sockets.on('connection', (socket, request) => {
    answering.add(socket);
    socket.on('pong', () => answering.add(socket));
    socket.on('error', (error) => log.info({ reason: error.message }, 'A WebSocket broke off.'));
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (read) => socket.on('message', (message) => void read(String(message)).catch((error: unknown) => refuse(socket, error, log))),
      },
      { socket, request },
    );
    socket.once('close', (code, reason) => void closed(code ?? BROKEN_OFF, String(reason)).catch((error: unknown) => log.error({ err: error }, 'A WebSocket did not end cleanly.')));
  });
  const pings = setInterval(() => void pingAll(sockets, answering), PING_MS).unref();
  return () => clearInterval(pings);
}

async function send(socket: WebSocket, text: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  await new Promise<void>((resolve, reject) => socket.send(text, (error) => (error ? reject(error) : resolve())));
}

function refuse(socket: WebSocket, error: unknown, log: Logger): void {
  const { message } = error as Error;
  if (message.startsWith('Unexpected message of type')) {
    log.info({ reason: message.slice(0, 200) }, 'A WebSocket message was refused.');
    socket.close(CloseCode.BadRequest, 'Invalid message received');
    return;
  }
  // Writing to a socket that is being closed fails, and is nobody's fault.
  if (socket.readyState !== socket.OPEN) return;
  const requestId = randomUUID();
  log.error({ err: error, requestId }, 'A WebSocket message failed.');
  socket.close(CloseCode.InternalServerError, `Internal server error; request ${requestId}`);
}

async function pingAll(sockets: WebSocketServer, answering: WeakSet<WebSocket>): Promise<void> {
  let pinged = 0;
  for (const socket of sockets.clients) {
    if (!answering.delete(socket)) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping();
    if ((pinged += 1) % PINGS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
