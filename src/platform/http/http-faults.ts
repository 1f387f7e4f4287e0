import type { Duplex } from 'node:stream';
import { NO_STORE } from './response-headers.js';
import { boundMessage } from '../message-text.js';

// Not imported: that would load Node's whole fetch at once, a tenth of a start.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** What the HTTP layer itself answers with: one stable code per status, so that clients never read the words. */
const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  408: 'REQUEST_TIMEOUT',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  431: 'HEADERS_TOO_LARGE',
  503: 'SHUTTING_DOWN',
};

/** The code of an HTTP status; BAD_REQUEST for every 4xx without a name of its own. */
export function codeOfStatus(status: number): string {
  return CODES[status] ?? (status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST');
}

export interface Fault {
  message: string;
  extensions: { code: string; requestId?: string };
}

export interface FaultBody {
  errors: Fault[];
}

/** The one shape of every error that is not IMGAPI's; what of a request the message repeats is cut. */
export function faultBody(status: number, message: string): FaultBody {
  return { errors: [{ message: boundMessage(message), extensions: { code: codeOfStatus(status) } }] };
}

/** What is told of a fault of ours: the id that leads to its line in the log. */
export function internalError(requestId: string): Fault {
  const message = `Something went wrong on our side; the log has it under request ${requestId}.`;
  return { message, extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } };
}

/** The same as a raw HTTP/1.1 answer, for sockets that have no request yet; the socket is closed after it. */
export function endWithFault(socket: Pick<Duplex, 'writable' | 'end' | 'destroy'>, status: number, message: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(faultBody(status, message));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...NO_STORE.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** What to answer to bytes that node:http could not read as a request. */
export function parserFault(code: string | undefined): [status: number, message: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'The headers of this request are larger than 16 KiB together; send fewer or shorter ones.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request did not arrive in time; send it faster, or in smaller parts.'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'The chunk extensions of this request are too large.'];
    default:
      return [400, 'This is not a readable HTTP/1.1 request.'];
  }
}
