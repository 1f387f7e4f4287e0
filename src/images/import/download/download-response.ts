import type { Readable } from 'node:stream';
import { AppError } from '../../../platform/errors.js';
import { FetchFailure } from '../../../platform/fetch/fetch-failure.js';
import { redactUrl } from '../../../platform/fetch/redact-url.js';
import { sizeMismatch } from './verify.js';

/** The response of the file's server. Header names are in lower case; the body is not decoded, as the checksum is that of the file as sent. */
export interface FileResponse {
  status: number;
  headers: Record<string, string | undefined>;
  body: Readable;
}

/** A failure that another attempt may not have: the network broke, the server is busy, the file ended early. */
export class RetryableFailure extends Error {
  /** Retry-After as the server sent it. */
  readonly retryAfter: string | undefined;

  constructor(message: string, options: ErrorOptions & { retryAfter?: string | undefined } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
    this.name = 'RetryableFailure';
  }
}

/** The response does not continue the bytes that are here, so the next attempt must request the whole file. */
export class UntrustedRange extends RetryableFailure {}

/** The body ended before the expected size, without an error. */
export class EndedEarly extends RetryableFailure {}

export interface FileRequest {
  url: string;
  /** Bytes that are here already; 0 requests the whole file. */
  offset: number;
  expectedSize: number;
  /** The validator of the response that brought those bytes; null when unknown. */
  validator: string | null;
}

const RETRYABLE = new Set([408, 425, 429]);

/** Whether a status tells of a state that passes: the server is broken, busy or limits the rate. */
export function isBusy(status: number): boolean {
  return status >= 500 || RETRYABLE.has(status);
}

const LASTING_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|UND_ERR_HEADERS_OVERFLOW|UND_ERR_INVALID|ERR_INVALID)/;

/** Whether an error of a request will be the same the next time: TLS that does not fit, an answer that is not HTTP, redirects in a circle. */
export function isLasting(error: unknown): boolean {
  if (!(error instanceof FetchFailure)) return false;
  const { cause } = error;
  // Its parser gives an error no code; a connection that breaks within the headers is told as an early end of file.
  if (cause instanceof Error && cause.name === 'HTTPParserError') return !cause.message.includes('EOF');
  return !(cause instanceof Error) || LASTING_CODES.test('code' in cause ? String(cause.code) : '');
}

/**
 * The offset at which the body of this response begins. Throws `RetryableFailure` when another attempt may help, FILE_UNREACHABLE when
 * it cannot, and CHECKSUM_MISMATCH when a header says that the file has another size than its manifest says.
 */
export function bodyOffset(answer: FileResponse, request: FileRequest): number {
  if (answer.status === 206) return partialOffset(answer, request);
  if (answer.status === 416 && request.offset > 0) throw new UntrustedRange(`the server has no bytes from ${request.offset} on (416)`);
  if (answer.status !== 200) throw refused(answer, request);
  const length = answer.headers['content-length'];
  if (length !== undefined && Number(length) !== request.expectedSize) {
    throw sizeMismatch(`The file at ${redactUrl(request.url)} has ${length} bytes`, request.expectedSize);
  }
  return 0;
}

/** The value for If-Range that identifies this version of the file: a strong entity tag, else the date, else null. */
export function validatorOf(headers: FileResponse['headers']): string | null {
  const { etag } = headers;
  if (etag !== undefined && etag !== '' && !etag.startsWith('W/')) return etag;
  return headers['last-modified'] ?? null;
}

function partialOffset({ headers }: FileResponse, request: FileRequest): number {
  const { url, offset, expectedSize, validator } = request;
  const range = headers['content-range'] ?? '';
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range);
  if (match === null || Number(match[1]) !== offset || Number(match[2]) < offset) {
    throw new UntrustedRange(`asked for bytes from ${offset}, got Content-Range "${range}"`);
  }
  if (match[3] !== '*' && Number(match[3]) !== expectedSize) {
    throw sizeMismatch(`The file at ${redactUrl(url)} has ${match[3]} bytes`, expectedSize);
  }
  const current = validatorOf(headers);
  if (validator !== null && current !== null && current !== validator) {
    throw new UntrustedRange(`the file changed from ${validator} to ${current} between two attempts`);
  }
  return offset;
}

function refused({ status, headers }: FileResponse, request: FileRequest): Error {
  if (isBusy(status)) return new RetryableFailure(`the server answered ${status}`, { retryAfter: headers['retry-after'] });
  const message = `The file at ${redactUrl(request.url)} cannot be fetched: the server answered ${status}; 200 or 206 is needed.`;
  return new AppError('FILE_UNREACHABLE', message, { status });
}
