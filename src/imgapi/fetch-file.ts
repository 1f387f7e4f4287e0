import { encodingsOf } from '../platform/fetch/decode-body.js';
import { FetchFailure, toFetchFailure } from '../platform/fetch/fetch-failure.js';
import type { FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';
import { readUpTo } from '../platform/fetch/read-up-to.js';
import { quoteValue } from '../platform/message-text.js';
import { explainResponse } from './answers/explain-answer.js';
import { factsOf } from './answers/answer-facts.js';
import { kindOf } from './answers/answer-kinds.js';

export interface FileRequest extends FetchRequest {
  /** Bytes that are stored already; requests the rest. */
  offset?: number;
  /** The ETag or date of the stored part: if the file has changed, the response is 200 with the whole file. */
  ifRange?: string;
}

export interface FileAnswer extends FetchResponse {
  /** What an error about this answer should add: what the server says, that it is a page, that the bytes are encoded. Null: nothing. */
  note: string | null;
}

/**
 * Requests the file of an image, or the rest of it. The body is not decoded: the checksum is that of the file as it is sent. Returns a
 * response of any status; throws FetchFailure or URL_NOT_ALLOWED as GuardedFetch does.
 */
export async function fetchFile(fetch: GuardedFetch, url: string, request: FileRequest = {}): Promise<FileAnswer> {
  const { offset = 0, ifRange, headers = {}, ...rest } = request;
  const range = offset === 0 ? {} : { range: `bytes=${offset}-`, ...(ifRange === undefined ? {} : { 'if-range': ifRange }) };
  const response = await fetch.get(url, { ...rest, headers: { ...headers, ...range } });
  return { ...response, note: await noteOn(response, url) };
}

export interface FilePart {
  bytes: Buffer;
  /** As of FileAnswer. */
  note: string | null;
}

/**
 * A part of a file: at most `length` bytes from `start` on; none where the server does not send a part that begins later. Throws
 * FetchFailure or URL_NOT_ALLOWED as GuardedFetch does, and FetchFailure when the beginning is answered with a status other than 200 and 206.
 */
export async function fetchFilePart(fetch: GuardedFetch, url: string, { start, length }: { start: number; length: number }, request: FetchRequest): Promise<FilePart> {
  const response = await fetch.get(url, { ...request, headers: { range: `bytes=${start}-${start + length - 1}` } });
  const { status, body } = response;
  try {
    if (start > 0 && status !== 206) return { bytes: Buffer.alloc(0), note: null };
    const note = await noteOn(response, url);
    if (status !== 200 && status !== 206) throw new FetchFailure(url, [`it answered with status ${status}`, note].filter((text) => text !== null).join('. ').replace(/\.$/, ''));
    return { bytes: await readUpTo(body, length), note };
  } catch (error) {
    throw toFetchFailure(url, error);
  } finally {
    body.destroy();
  }
}

async function noteOn(response: FetchResponse, requested: string): Promise<string | null> {
  const { status, headers } = response;
  if (status >= 400 && status !== 416) return (await explainResponse(response, 'file', { requested })).text || null;
  const encodings = encodingsOf(headers['content-encoding']);
  if (encodings.length > 0) {
    return `The server sends it with Content-Encoding ${quoteValue(encodings.join(', '))}, although the gateway asks for none; the checksum of an image is that of its file, so the server must not encode it.`;
  }
  const page = kindOf(factsOf(response, Buffer.alloc(0)));
  return page === null ? null : `This is ${page.what}, by its headers.`;
}
