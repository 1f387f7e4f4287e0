import type { FastifyRequest } from 'fastify';
import type { Transport } from '../../admission/admission.js';
import { isRecord } from '../parse-request.js';

/** How the results of a stream are written into the body of a response. */
export interface StreamFormat {
  readonly transport: Transport;
  readonly contentType: string;
  readonly begin: string;
  /** What clients ignore, and proxies take as a sign of life. */
  readonly ping: string;
  readonly end: string;
  /** One result, from its JSON. */
  result(json: string): string;
}

/** The distinct connections mode of GraphQL over SSE. */
const SERVER_SENT_EVENTS: StreamFormat = {
  transport: 'sse',
  contentType: 'text/event-stream; charset=utf-8',
  begin: ':\n\n',
  ping: ':\n\n',
  end: 'event: complete\ndata: \n\n',
  result: (json) => `event: next\ndata: ${json}\n\n`,
};

const part = (json: string): string => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;

/**
 * The multipart protocol for subscriptions of Apollo Client, Apollo Router and Relay. The delimiter follows each part at once, as clients
 * take a part as complete only when they have read it.
 */
const MULTIPART: StreamFormat = {
  transport: 'multipart',
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
  begin: '\r\n--graphql',
  ping: part('{}'),
  end: '--\r\n',
  result: (json) => part(`{"payload":${json}}`),
};

/** The first format of streams that the Accept header names; null for none. */
function acceptedFormat(accept: string): StreamFormat | null {
  if (accept.includes('text/event-stream')) return SERVER_SENT_EVENTS;
  // Without this parameter the client takes results that come in pieces, but not subscriptions.
  return accept.includes('multipart/mixed') && /subscriptionSpec/i.test(accept) ? MULTIPART : null;
}

/** The format in which to answer with a stream, if the request accepts nothing else, or accepts one and has a subscription; else null. */
export function streamFormatOf({ headers, body, query: search }: FastifyRequest): StreamFormat | null {
  const accept = headers.accept ?? '';
  const format = acceptedFormat(accept);
  if (format === null || !/json|\*\/\*/.test(accept)) return format;
  const fields: unknown = body ?? search;
  return isRecord(fields) && typeof fields.query === 'string' && /\bsubscription\b/.test(fields.query) ? format : null;
}
