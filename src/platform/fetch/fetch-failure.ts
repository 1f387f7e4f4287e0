import { redactUrl } from './redact-url.js';
import { redactUrlsIn } from './redact-text.js';
import { isTlsFailure, tlsReason } from './tls-reason.js';

/**
 * A URL could not be read because of DNS, the connection, TLS, a timeout or redirects. The message names the redacted URL and the
 * reason, never the address that the host name resolved to.
 */
export class FetchFailure extends Error {
  constructor(
    url: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${redactUrl(url)}: ${redactUrlsIn(reason)}.`, options);
    this.name = 'FetchFailure';
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['ECONNREFUSED', 'nothing listens there (connection refused)'],
  ['ECONNRESET', 'the connection was closed before the answer was complete'],
  ['EPIPE', 'the connection was closed before the answer was complete'],
  ['UND_ERR_SOCKET', 'the connection was closed before the answer was complete'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'the answer is shorter or longer than announced'],
  ['ETIMEDOUT', 'no connection could be made in time'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection could be made in time'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no answer came in time'],
  ['UND_ERR_BODY_TIMEOUT', 'the answer stalled half-way'],
  ['UND_ERR_HEADERS_OVERFLOW', 'the headers of the answer are too large'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
]);

/** The codes of a connection that the other side has closed. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Converts an error of the request or of its body stream into a FetchFailure; returns a FetchFailure unchanged. */
export function toFetchFailure(url: string, cause: unknown): FetchFailure {
  return cause instanceof FetchFailure ? cause : new FetchFailure(url, reasonOf(cause), { cause });
}

/** The same for a request that nothing was answered to: a connection that is closed then may be one to a port that speaks TLS, or does not. */
export function toUnansweredFailure(url: URL, cause: unknown): FetchFailure {
  if (!CLOSED.has(codeOf(cause))) return toFetchFailure(url.href, cause);
  const isHandshake = cause instanceof Error && cause.message.includes('before secure TLS connection');
  const reason = url.protocol === 'http:' ? 'the connection was closed without an answer; if this port speaks TLS, use https:// in the URL' : 'the connection was closed without an answer';
  return new FetchFailure(url.href, isHandshake ? 'the connection was closed during the TLS handshake; if this port speaks plain HTTP, use http:// in the URL' : reason, { cause });
}

/** The error of a connection in words, without its system address. */
export function reasonOf(cause: unknown): string {
  const code = codeOf(cause);
  if (cause instanceof Error && cause.name === 'HTTPParserError') return 'the answer is not HTTP';
  if (isTlsFailure(code)) return tlsReason(code, cause);
  return REASONS.get(code) ?? unlistedReason(cause, code);
}

/** Leaves out the message of a system error, which names the resolved address. */
function unlistedReason(cause: unknown, code: string): string {
  if (cause instanceof Error && 'syscall' in cause) return `the connection failed (${code})`;
  const message = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
  return message === '' ? 'the connection failed' : message;
}

function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}
