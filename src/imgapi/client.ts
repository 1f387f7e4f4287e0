import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors.js';
import { toFetchFailure, FetchFailure } from '../platform/fetch/fetch-failure.js';
import type { FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';
import { redactUrl } from '../platform/fetch/redact-url.js';
import { paginateEntries } from './list-pagination.js';
import type { ListEntry } from './manifest-list.js';

export interface ListRequest {
  etag?: string;
  lastModified?: string;
  trustedHosts?: ReadonlySet<string>;
  signal?: AbortSignal;
  /** The time limit of the whole list, with all pages. */
  timeLimitMs?: number;
}

export interface ImageList {
  notModified: false;
  /** Validators for the next request. Read them after the last entry: undefined when the list turned out to be paginated. */
  readonly etag?: string;
  readonly lastModified?: string;
  /** Yields entries in batches; stopping early closes the connection. Throws AppError REPOSITORY_UNREACHABLE. */
  entries: AsyncGenerator<ListEntry[]>;
}

const LIST_TIME_LIMIT_MS = 10 * 60_000;
const MANIFEST_TIME_LIMIT_MS = 30_000;
const MANIFEST_LIMIT_BYTES = 2 ** 20;

/** An IMGAPI client for untrusted servers: bounds size and time, and reports every fault with a code and with the URL in its message. */
export class ImgapiClient {
  constructor(private readonly fetch: GuardedFetch) {}

  /** Lists all images of a repository, below the path of its URL. Throws REPOSITORY_UNREACHABLE, URL_NOT_ALLOWED, or the signal's reason. */
  async listImages(baseUrl: string, request: ListRequest = {}): Promise<{ notModified: true } | ImageList> {
    const limit = limitOf(request, LIST_TIME_LIMIT_MS);
    const fetchPage = async (query: Record<string, string>, headers: Record<string, string>): Promise<FetchResponse> => {
      const options = { headers, trustedHosts: request.trustedHosts };
      return await this.#get(listUrl(baseUrl, query), 'REPOSITORY_UNREACHABLE', options, limit);
    };
    const headers = conditions(request);
    const first = await fetchPage({}, headers);
    // Accept 304 only for a conditional request.
    if (first.status === 304 && Object.keys(headers).length > 0) {
      first.body.destroy();
      return { notModified: true };
    }
    const requirePage = (response: FetchResponse): FetchResponse => requireOk(response, 'REPOSITORY_UNREACHABLE');
    const pages = paginateEntries(requirePage(first), async (query) => requirePage(await fetchPage(query, {})));
    return {
      notModified: false,
      get etag() {
        return pages.isPaged() ? undefined : validator(first.headers.etag, 1024);
      },
      get lastModified() {
        return pages.isPaged() ? undefined : validator(first.headers['last-modified'], 128);
      },
      entries: withAppErrors(pages.entries, first.url, limit),
    };
  }

  /** Fetches one manifest, at most 1 MiB within 30 s. Throws MANIFEST_UNREACHABLE, INVALID_MANIFEST, URL_NOT_ALLOWED, or the signal's reason. */
  async getManifest(url: string, request: Pick<ListRequest, 'trustedHosts' | 'signal' | 'timeLimitMs'> = {}): Promise<Record<string, unknown>> {
    const limit = limitOf(request, MANIFEST_TIME_LIMIT_MS);
    const response = await this.#get(url, 'MANIFEST_UNREACHABLE', { trustedHosts: request.trustedHosts }, limit);
    let text: string;
    try {
      text = (await readAtMost(requireOk(response, 'MANIFEST_UNREACHABLE').body, MANIFEST_LIMIT_BYTES, response.url)).toString('utf8');
    } catch (error) {
      throw toAppError(error, 'MANIFEST_UNREACHABLE', response.url, limit);
    }
    return readObject(text, response.url);
  }

  async #get(url: string, code: UnreachableCode, request: FetchRequest, limit: Limit): Promise<FetchResponse> {
    try {
      const headers = { accept: 'application/json', ...request.headers };
      return await this.fetch.get(url, { ...request, headers, signal: limit.combined });
    } catch (error) {
      throw toAppError(error, code, url, limit);
    }
  }
}

interface Limit {
  /** The caller's signal. */
  caller: AbortSignal | undefined;
  /** Aborts with the caller's signal, or when the time is up. */
  combined: AbortSignal;
}
type UnreachableCode = 'REPOSITORY_UNREACHABLE' | 'MANIFEST_UNREACHABLE';

function conditions(request: ListRequest): Record<string, string> {
  const etag = validator(request.etag, 1024);
  const lastModified = validator(request.lastModified, 128);
  return { ...(etag === undefined ? {} : { 'if-none-match': etag }), ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }) };
}

/** Drops a validator that is too long or has other characters than a header allows: it goes into the next request. */
function validator(value: string | undefined, length: number): string | undefined {
  return value !== undefined && value.length <= length && /^[\x21-\x7e][\x20-\x7e]*$/.test(value) ? value : undefined;
}

async function* withAppErrors(entries: AsyncGenerator<ListEntry[]>, url: string, limit: Limit): AsyncGenerator<ListEntry[]> {
  try {
    yield* entries;
  } catch (error) {
    throw toAppError(error, 'REPOSITORY_UNREACHABLE', url, limit);
  }
}

function toAppError(error: unknown, code: UnreachableCode, url: string, limit: Limit): unknown {
  if (limit.caller?.aborted === true) return limit.caller.reason;
  if (error instanceof AppError) return error;
  const failure = limit.combined.aborted ? new FetchFailure(url, 'the answer took too long') : toFetchFailure(url, error);
  return new AppError(code, failure.message, {}, { cause: error });
}

function requireOk(response: FetchResponse, code: UnreachableCode): FetchResponse {
  if (response.status === 200) return response;
  response.body.destroy();
  throw new AppError(code, `${redactUrl(response.url)} answered with status ${response.status}; 200 with JSON is expected.`);
}

async function readAtMost(body: Readable, limit: number, url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new AppError('INVALID_MANIFEST', `${redactUrl(url)} is larger than ${limit} bytes; a manifest is one small JSON object.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function readObject(text: string, url: string): Record<string, unknown> {
  const invalid = (what: string): AppError => new AppError('INVALID_MANIFEST', `${redactUrl(url)} is ${what}; a manifest is one JSON object.`);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    throw invalid(`not JSON (it starts with "${text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim().slice(0, 60)}")`);
  }
  if (Array.isArray(value)) throw invalid('a list');
  if (typeof value !== 'object' || value === null) throw invalid('JSON but not an object');
  return value as Record<string, unknown>; // a JSON object
}

function listUrl(baseUrl: string, query: Record<string, string>): string {
  const url = URL.parse(baseUrl);
  if (url === null) return baseUrl;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/images`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

function limitOf({ signal, timeLimitMs }: ListRequest, defaultMs: number): Limit {
  const timer = AbortSignal.timeout(timeLimitMs ?? defaultMs);
  return { caller: signal, combined: signal === undefined ? timer : AbortSignal.any([signal, timer]) };
}
