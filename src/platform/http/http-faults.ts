import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { NO_STORE } from './response-headers.js';
import type { ErrorCode } from '../error-codes.js';
import { boundMessage } from '../message-text.js';

// Importing node:http by name loads Node's fetch as well, which takes a tenth of the start-up time.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** Codes of errors of the HTTP layer: one stable code per status, so that clients need not parse messages. */
const CODES: Readonly<Record<number, ErrorCode>> = {
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

/** The code for an HTTP status; BAD_REQUEST for a 4xx that is not listed. */
export function codeOfStatus(status: number): ErrorCode {
  return CODES[status] ?? (status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST');
}

/** One error in a response, in the shape of a GraphQL error. */
export interface Fault {
  message: string;
  extensions: { code: string; requestId?: string };
}

/** The JSON body of an HTTP error. */
export interface FaultBody {
  errors: Fault[];
}

/** The body of every HTTP error outside IMGAPI. Bounds the message, since it may repeat values of the request. */
export function faultBody(status: number, message: string): FaultBody {
  return { errors: [{ message: boundMessage(message), extensions: { code: codeOfStatus(status) } }] };
}

/** Masks an internal error: tells the caller only the request id, which finds the error in the log. */
export function internalError(requestId: string): Fault {
  const message = `Something went wrong on our side; the log has it under request ${requestId}.`;
  return { message, extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } };
}

/** A refusal of what is no request, or asks for a WebSocket that is not opened. */
export interface RawFault {
  status: number;
  message: string;
  /** The response names it, and the line in the log has it. */
  requestId: string;
}

/** Writes an error as a raw HTTP/1.1 response to a socket that has no request object, logs it, then closes the socket. */
export function endWithFault(socket: Pick<Duplex, 'writable' | 'end' | 'destroy'>, { status, message, requestId }: RawFault, log: Pick<Logger, 'info'>): void {
  log.info({ requestId, status, code: codeOfStatus(status), reason: boundMessage(message) }, 'A request was refused.');
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
    `x-request-id: ${requestId}`,
    ...NO_STORE.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Status and message for bytes that node:http could not parse as a request. */
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
