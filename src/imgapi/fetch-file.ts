import type { FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';

export interface FileRequest extends FetchRequest {
  /** Bytes that are there already; asks for the rest. */
  offset?: number;
  /** ETag or date of the part that is there: the answer is 200 and whole when the file has changed. */
  ifRange?: string;
}

/** The bytes of an image, or the rest of them. Any status is an answer; throws FetchFailure or URL_NOT_ALLOWED as GuardedFetch does. */
export async function fetchFile(fetch: GuardedFetch, url: string, request: FileRequest = {}): Promise<FetchResponse> {
  const { offset = 0, ifRange, headers = {}, ...rest } = request;
  const range = offset === 0 ? {} : { range: `bytes=${offset}-`, ...(ifRange === undefined ? {} : { 'if-range': ifRange }) };
  return await fetch.get(url, { ...rest, headers: { ...headers, ...range } });
}
