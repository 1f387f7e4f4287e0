import type { FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';

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
