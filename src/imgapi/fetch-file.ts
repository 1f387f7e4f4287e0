import { FetchFailure, toFetchFailure } from '../platform/fetch/fetch-failure.js';
import type { FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';
import { readUpTo } from '../platform/fetch/read-up-to.js';

export interface FileRequest extends FetchRequest {
  /** Bytes that are stored already; requests the rest. */
  offset?: number;
  /** The ETag or date of the stored part: if the file has changed, the response is 200 with the whole file. */
  ifRange?: string;
}

/** Requests the file of an image, or the rest of it. Returns a response of any status; throws FetchFailure or URL_NOT_ALLOWED as GuardedFetch does. */
export async function fetchFile(fetch: GuardedFetch, url: string, request: FileRequest = {}): Promise<FetchResponse> {
  const { offset = 0, ifRange, headers = {}, ...rest } = request;
  const range = offset === 0 ? {} : { range: `bytes=${offset}-`, ...(ifRange === undefined ? {} : { 'if-range': ifRange }) };
  return await fetch.get(url, { ...rest, headers: { ...headers, ...range } });
}

/** The first bytes of a file, at most `length`. Throws FetchFailure or URL_NOT_ALLOWED as GuardedFetch does, and FetchFailure for a status other than 200 and 206. */
export async function fetchFileStart(fetch: GuardedFetch, url: string, length: number, request: FetchRequest): Promise<Buffer> {
  const { status, body } = await fetch.get(url, { ...request, headers: { range: `bytes=0-${length - 1}` } });
  try {
    if (status !== 200 && status !== 206) throw new FetchFailure(url, `it answered with status ${status}`);
    return await readUpTo(body, length);
  } catch (error) {
    throw toFetchFailure(url, error);
  } finally {
    body.destroy();
  }
}
