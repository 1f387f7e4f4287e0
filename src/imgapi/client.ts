import type { Readable } from 'node:stream';
import { AppError } from '../platform/errors.js';
import { toFetchFailure, FetchFailure } from '../platform/fetch/fetch-failure.js';
import type { FetchAccess, FetchRequest, FetchResponse, GuardedFetch } from '../platform/fetch/fetch.js';
import { redactUrl } from '../platform/fetch/redact-url.js';
import { factsOf, HEAD_BYTES } from './answers/answer-facts.js';
import { explainAnswer, explainResponse, type Probe } from './answers/explain-answer.js';
import { paginateEntries } from './list-pagination.js';
import { LIST_LIMITS, ListFault } from './list-scanner.js';
import type { ListEntry } from './manifest-list.js';
import { isObject, type Json } from './upgrade-manifest.js';

export interface ListRequest extends FetchAccess {
  etag?: string;
  lastModified?: string;
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

/** How long a question may take that only helps to say what a server is. */
const PROBE_TIME_LIMIT_MS = 4000;

/** An IMGAPI client for untrusted servers: bounds size and time, and reports every fault with a code and with the URL in its message. */
export class ImgapiClient {
  constructor(private readonly fetch: GuardedFetch) {}

  /** Lists all images of a repository, below the path of its URL. Throws REPOSITORY_UNREACHABLE, URL_NOT_ALLOWED, or the signal's reason. */
  async listImages(baseUrl: string, request: ListRequest = {}): Promise<{ notModified: true } | ImageList> {
    const limit = limitOf(request, LIST_TIME_LIMIT_MS);
    const access = accessOf(request);
    const exchange: Exchange = { expected: 'list', code: 'REPOSITORY_UNREACHABLE', requested: listUrl(baseUrl, {}), access, limit };
    const fetchPage = async (query: Record<string, string>, headers: Record<string, string>): Promise<FetchResponse> => {
      const requested = listUrl(baseUrl, query);
      return await this.#get({ ...exchange, requested }, { headers, decodedLimitBytes: LIST_LIMITS.list });
    };
    const headers = conditions(request);
    const first = await fetchPage({}, headers);
    // Accept 304 only for a conditional request.
    if (first.status === 304 && Object.keys(headers).length > 0) {
      first.body.destroy();
      return { notModified: true };
    }
    const requirePage = async (response: FetchResponse): Promise<FetchResponse> => await this.#requireOk(response, exchange);
    const pages = paginateEntries(await requirePage(first), async (query) => await requirePage(await fetchPage(query, {})));
    return {
      notModified: false,
      get etag() {
        return pages.isPaged() ? undefined : validator(first.headers.etag, 1024);
      },
      get lastModified() {
        return pages.isPaged() ? undefined : validator(first.headers['last-modified'], 128);
      },
      entries: this.#withAppErrors(pages.entries, first, exchange),
    };
  }

  /** Fetches one manifest, at most 1 MiB within 30 s. Throws MANIFEST_UNREACHABLE, INVALID_MANIFEST, URL_NOT_ALLOWED, or the signal's reason. */
  async getManifest(url: string, request: Pick<ListRequest, 'trustedHosts' | 'credentials' | 'signal' | 'timeLimitMs'> = {}): Promise<Json> {
    const limit = limitOf(request, MANIFEST_TIME_LIMIT_MS);
    const exchange: Exchange = { expected: 'manifest', code: 'MANIFEST_UNREACHABLE', requested: url, access: accessOf(request), limit };
    const response = await this.#requireOk(await this.#get(exchange, { decodedLimitBytes: MANIFEST_LIMIT_BYTES }), exchange);
    let bytes: Buffer;
    try {
      bytes = await readAtMost(response.body, MANIFEST_LIMIT_BYTES, response.url);
    } catch (error) {
      throw toAppError(error, exchange.code, response.url, limit);
    }
    const value = parseJson(bytes);
    // An object without a uuid may be what another kind of server answers.
    if (isObject(value) && typeof value.uuid === 'string') return value;
    const { text, what } = await explainAnswer(factsOf(response, bytes), 'manifest', { requested: url });
    if (isObject(value) && text === '') return value;
    const fault = manifestFault(value, bytes, what !== null);
    throw new AppError('INVALID_MANIFEST', joined(`${redactUrl(response.url)} is ${fault}; a manifest is one JSON object.`, text));
  }

  async #get({ requested, code, access, limit }: Exchange, request: FetchRequest): Promise<FetchResponse> {
    try {
      const headers = { accept: 'application/json', ...request.headers };
      return await this.fetch.get(requested, { ...request, ...access, headers, signal: limit.combined });
    } catch (error) {
      throw toAppError(error, code, requested, limit);
    }
  }

  async #requireOk(response: FetchResponse, exchange: Exchange): Promise<FetchResponse> {
    if (response.status === 200) return response;
    const { text } = await explainResponse(response, exchange.expected, { requested: exchange.requested, probe: this.#probe(exchange) });
    exchange.limit.caller?.throwIfAborted();
    const expected = 'JSON with status 200 is expected';
    throw new AppError(exchange.code, joined(`${redactUrl(response.url)} answered with status ${response.status}; ${expected}.`, text, passwordAdvice(response.status, exchange)));
  }

  async *#withAppErrors(entries: AsyncGenerator<ListEntry[]>, first: FetchResponse, exchange: Exchange): AsyncGenerator<ListEntry[]> {
    try {
      yield* entries;
    } catch (error) {
      if (!(error instanceof ListFault) || error.opening === null) throw toAppError(error, exchange.code, first.url, exchange.limit);
      const { text, what } = await explainAnswer(factsOf(first, error.opening), 'list', { requested: exchange.requested, probe: this.#probe(exchange) });
      exchange.limit.caller?.throwIfAborted();
      const fault = what === null ? error.message : 'not a JSON list';
      throw new AppError(exchange.code, joined(`${redactUrl(first.url)}: ${fault}.`, text), {}, { cause: error });
    }
  }

  /** Asks the same origin a further question, through the same guard. */
  #probe({ requested, access, limit }: Exchange): Probe {
    return async (url) => {
      if (new URL(url).origin !== new URL(requested).origin || limit.combined.aborted) return null;
      const signal = AbortSignal.any([limit.combined, AbortSignal.timeout(PROBE_TIME_LIMIT_MS)]);
      return await this.fetch.get(url, { ...access, signal, followsRedirects: false, decodedLimitBytes: HEAD_BYTES }).catch(() => null);
    };
  }
}

/** One question to a server. */
interface Exchange {
  expected: 'list' | 'manifest';
  code: UnreachableCode;
  requested: string;
  access: FetchAccess;
  limit: Limit;
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

function toAppError(error: unknown, code: UnreachableCode, url: string, limit: Limit): unknown {
  if (limit.caller?.aborted === true) return limit.caller.reason;
  if (error instanceof AppError) return error;
  const failure = limit.combined.aborted ? new FetchFailure(url, 'the answer took too long') : toFetchFailure(url, error);
  return new AppError(code, failure.message, {}, { cause: error });
}

function passwordAdvice(status: number, { access, expected }: Exchange): string {
  if (status !== 401 && (status !== 403 || access.credentials === undefined)) return '';
  if (access.credentials !== undefined) return 'It did not accept the user and password that are configured for this repository.';
  return expected === 'list' ? 'If it asks for a user and a password, set REPOSITORY_AUTH_NAME=user:password, where NAME is that of the repository in upper case.' : '';
}

/** Joins sentences, leaving out those that say nothing. */
function joined(...sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function accessOf({ trustedHosts, credentials }: FetchAccess): FetchAccess {
  return { ...(trustedHosts && { trustedHosts }), credentials };
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

/** What an answer is in place of a manifest; `isRecognized`: what follows says more of it. */
function manifestFault(value: unknown, bytes: Buffer, isRecognized: boolean): string {
  if (bytes.length === 0) return 'empty';
  if (value === undefined) return isRecognized ? 'not JSON' : `not JSON (it starts with "${beginningOf(bytes)}")`;
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'no manifest' : 'JSON but not an object';
}

/** Undefined for what is not JSON. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return undefined;
  }
}

function beginningOf(bytes: Buffer): string {
  return bytes.subarray(0, 300).toString('utf8').replace(/[\p{C}\p{Z}]+/gu, ' ').trim().slice(0, 60);
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
