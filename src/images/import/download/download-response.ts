import type { Readable } from 'node:stream';
import { AppError } from '../../../platform/errors.js';
import { shownUrl } from '../../../platform/fetch/shown-url.js';
import { sizeMismatch } from './verify.js';

/** Header names in lower case. The body must be the bytes as sent: a client that undoes Content-Encoding breaks the checksum. */
export interface FileResponse {
  status: number;
  headers: Record<string, string | undefined>;
  body: Readable;
}

/** Something that may go better next time: the network broke, the server is busy, the file ended early. */
export class RetryableFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RetryableFailure';
  }
}

/** The answer cannot be joined to what has arrived; only the whole file can help. */
export class UntrustedRange extends RetryableFailure {}

/** The file ended before its time without an error. */
export class EndedEarly extends RetryableFailure {}

export interface FileRequest {
  url: string;
  /** Bytes that are here already; 0 asks for the whole file. */
  offset: number;
  expectedSize: number;
  /** Of the answer that brought those bytes; null when unknown. */
  validator: string | null;
}

const RETRYABLE = new Set([408, 425, 429]);

/**
 * The offset at which the body of this answer begins.
 * Throws `RetryableFailure` for what is worth another attempt, FILE_UNREACHABLE for what is not, and CHECKSUM_MISMATCH as soon
 * as a header says that the file has another size than its manifest.
 */
export function bodyOffset(answer: FileResponse, request: FileRequest): number {
  if (answer.status === 206) return partialOffset(answer, request);
  if (answer.status !== 200) throw refused(answer.status, request);
  const length = answer.headers['content-length'];
  if (length !== undefined && Number(length) !== request.expectedSize) {
    throw sizeMismatch(`The file at ${shownUrl(request.url)} has ${length} bytes`, request.expectedSize);
  }
  return 0;
}

/** What If-Range may carry to tell this file from a later one: a strong entity tag, else the date, else nothing. */
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
    throw sizeMismatch(`The file at ${shownUrl(url)} has ${match[3]} bytes`, expectedSize);
  }
  const current = validatorOf(headers);
  if (validator !== null && current !== null && current !== validator) {
    throw new UntrustedRange(`the file changed from ${validator} to ${current} between two attempts`);
  }
  return offset;
}

function refused(status: number, request: FileRequest): Error {
  if (status >= 500 || RETRYABLE.has(status)) return new RetryableFailure(`the server answered ${status}`);
  const message = `The file at ${shownUrl(request.url)} cannot be fetched: the server answered ${status}; 200 or 206 is needed.`;
  return new AppError('FILE_UNREACHABLE', message, { status });
}
