import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors.js';
import { asFetchFailure, FetchFailure } from '../platform/fetch/fetch-failure.js';
import type { FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';
import { shownUrl } from '../platform/fetch/shown-url.js';
import { paginateEntries } from './list-pagination.js';
import type { ListEntry } from './manifest-list.js';

export interface ListRequest {
  etag?: string;
  lastModified?: string;
  trustedHosts?: ReadonlySet<string>;
  signal?: AbortSignal;
  /** For the whole list, all pages together. */
  timeLimitMs?: number;
}

export interface ImageList {
  notModified: false;
  /** What to send next time. Read them after the last entry: undefined when they stand for a part of the list only. */
  readonly etag?: string;
  readonly lastModified?: string;
  /** Many at once; to be read to the end or left (which closes the connection). Throws AppError REPOSITORY_UNREACHABLE. */
  entries: AsyncGenerator<ListEntry[]>;
}

const LIST_TIME_LIMIT_MS = 10 * 60_000;
const MANIFEST_TIME_LIMIT_MS = 30_000;
const MANIFEST_LIMIT_BYTES = 2 ** 20;

/** Speaks IMGAPI to a server nobody vouches for: bounded in size and time, and every fault has a code and the URL in its message. */
export class ImgapiClient {
  constructor(private readonly fetch: GuardedFetch) {}

  /** All images of a repository; a path prefix of its URL is kept. Throws REPOSITORY_UNREACHABLE, URL_NOT_ALLOWED, or the signal's reason. */
  async listImages(baseUrl: string, request: ListRequest = {}): Promise<{ notModified: true } | ImageList> {
    const limit = limitOf(request, LIST_TIME_LIMIT_MS);
    const ask = async (query: Record<string, string>, headers: Record<string, string>): Promise<FetchResponse> => {
      const options = { headers, trustedHosts: request.trustedHosts };
      return await this.#get(listUrl(baseUrl, query), 'REPOSITORY_UNREACHABLE', options, limit);
    };
    const headers = conditions(request);
    const first = await ask({}, headers);
    // A server may not claim "nothing changed" to somebody who has nothing yet.
    if (first.status === 304 && Object.keys(headers).length > 0) {
      first.body.destroy();
      return { notModified: true };
    }
    const page = (answer: FetchResponse): FetchResponse => requireOk(answer, 'REPOSITORY_UNREACHABLE');
    const pages = paginateEntries(page(first), async (query) => page(await ask(query, {})));
    return {
      notModified: false,
      get etag() {
        return pages.isPaged() ? undefined : validator(first.headers.etag, 1024);
      },
      get lastModified() {
        return pages.isPaged() ? undefined : validator(first.headers['last-modified'], 128);
      },
      entries: inWords(pages.entries, first.url, limit),
    };
  }

  /** One manifest, at most 1 MiB within 30 s. Throws MANIFEST_UNREACHABLE, INVALID_MANIFEST, URL_NOT_ALLOWED, or the signal's reason. */
  async getManifest(url: string, request: Pick<ListRequest, 'trustedHosts' | 'signal' | 'timeLimitMs'> = {}): Promise<Record<string, unknown>> {
    const limit = limitOf(request, MANIFEST_TIME_LIMIT_MS);
    const answer = await this.#get(url, 'MANIFEST_UNREACHABLE', { trustedHosts: request.trustedHosts }, limit);
    let text: string;
    try {
      text = (await readAtMost(requireOk(answer, 'MANIFEST_UNREACHABLE').body, MANIFEST_LIMIT_BYTES, answer.url)).toString('utf8');
    } catch (error) {
      throw translated(error, 'MANIFEST_UNREACHABLE', answer.url, limit);
    }
    return readObject(text, answer.url);
  }

  async #get(url: string, code: UnreachableCode, request: FetchRequest, limit: Limit): Promise<FetchResponse> {
    try {
      const headers = { accept: 'application/json', ...request.headers };
      return await this.fetch.get(url, { ...request, headers, signal: limit.either });
    } catch (error) {
      throw translated(error, code, url, limit);
    }
  }
}

/** The caller's own signal, and the one that also ends when the time is up. */
interface Limit {
  own: AbortSignal | undefined;
  either: AbortSignal;
}
type UnreachableCode = 'REPOSITORY_UNREACHABLE' | 'MANIFEST_UNREACHABLE';

function conditions(request: ListRequest): Record<string, string> {
  const etag = validator(request.etag, 1024);
  const lastModified = validator(request.lastModified, 128);
  return { ...(etag === undefined ? {} : { 'if-none-match': etag }), ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }) };
}

// What a server made up must not be able to spoil the next request.
function validator(value: string | undefined, length: number): string | undefined {
  return value !== undefined && value.length <= length && /^[\x21-\x7e][\x20-\x7e]*$/.test(value) ? value : undefined;
}

async function* inWords(entries: AsyncGenerator<ListEntry[]>, url: string, limit: Limit): AsyncGenerator<ListEntry[]> {
  try {
    yield* entries;
  } catch (error) {
    throw translated(error, 'REPOSITORY_UNREACHABLE', url, limit);
  }
}

function translated(error: unknown, code: UnreachableCode, url: string, limit: Limit): unknown {
  if (limit.own?.aborted === true) return limit.own.reason;
  if (error instanceof AppError) return error;
  const failure = limit.either.aborted ? new FetchFailure(url, 'the answer took too long') : asFetchFailure(url, error);
  return new AppError(code, failure.message, {}, { cause: error });
}

function requireOk(answer: FetchResponse, code: UnreachableCode): FetchResponse {
  if (answer.status === 200) return answer;
  answer.body.destroy();
  throw new AppError(code, `${shownUrl(answer.url)} answered with status ${answer.status}; 200 with JSON is expected.`);
}

async function readAtMost(body: Readable, limit: number, url: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw new AppError('INVALID_MANIFEST', `${shownUrl(url)} is larger than ${limit} bytes; a manifest is one small JSON object.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function readObject(text: string, url: string): Record<string, unknown> {
  const invalid = (what: string): AppError => new AppError('INVALID_MANIFEST', `${shownUrl(url)} is ${what}; a manifest is one JSON object.`);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    throw invalid(`not JSON (it starts with "${text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim().slice(0, 60)}")`);
  }
  if (Array.isArray(value)) throw invalid('a list');
  if (typeof value !== 'object' || value === null) throw invalid('JSON but not an object');
  return value as Record<string, unknown>;
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
  return { own: signal, either: signal === undefined ? timer : AbortSignal.any([signal, timer]) };
}
