import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import { AppError } from '../errors.js';
import { AddressRefused } from './checked-lookup.js';
import { decodeBody, encodingsOf } from './decode-body.js';
import { type FetchAllowlist, isAddressAllowed, parseFetchAllowlist } from './fetch-allowlist.js';
import { FetchFailure, toUnansweredFailure } from './fetch-failure.js';
import { guardedConnector } from './guarded-connector.js';
import { NO_PROXIES, type ProxySettings } from './proxy-settings.js';
import { redactUrl } from './redact-url.js';

/** The user and password for one origin, as the value of the Authorization header. No other origin gets them, after a redirect neither. */
export interface OriginCredentials {
  readonly origin: string;
  readonly authorization: string;
}

/** Options of one request, valid for its redirects too. */
export interface FetchRequest {
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Hosts, as `hostKey` writes them, that are allowed whatever their address is. A redirect to another host is checked as usual. */
  trustedHosts?: ReadonlySet<string>;
  headersTimeoutMs?: number;
  /** Longest pause between two parts of the body; pauses of the reader do not count. */
  idleTimeoutMs?: number;
  credentials?: OriginCredentials | undefined;
  /**
   * Decodes a body with a Content-Encoding, and fails it beyond so many decoded bytes. Left out: the body is what was sent, and its
   * headers name the encoding.
   */
  decodedLimitBytes?: number;
  /** False: returns a redirect as it is. */
  followsRedirects?: boolean;
}

/** What a request may use because the operator has configured it: hosts of any address, and the credentials of a repository. */
export type FetchAccess = Pick<FetchRequest, 'trustedHosts' | 'credentials'>;

/** The last response, whose body is still to be read. */
export interface FetchResponse {
  status: number;
  headers: Record<string, string | undefined>;
  /** Whether the server tells where the body ends, by its length or in chunks: only then does a body fail that was cut. */
  tellsEnd: boolean;
  /** The URL that answered, after redirects. */
  url: string;
  /** The caller must read or destroy it, else its connection stays open. Convert its errors with `toFetchFailure`. */
  body: Readable;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
const ACCEPTED_URLS =
  'Accepted are http and https URLs that lead to public addresses, hosts of configured repositories, and the hosts and networks of FETCH_ALLOW';

/** Two connection pools, so that a checked request never reuses a connection that was opened unchecked to a trusted host. */
interface Agents {
  checked: Agent;
  unchecked: Agent;
}

/**
 * Fetches URLs that callers supply; no other code requests them. It sends GET over http and https only, checks every address of
 * the host when it connects, after each redirect too, and connects only to the addresses it has checked, through a proxy if one is set.
 * Throws AppError URL_NOT_ALLOWED for a forbidden destination, FetchFailure for a network error, and the signal's reason when
 * aborted. A response with an error status such as 404 is returned, not thrown.
 */
export class GuardedFetch {
  readonly #allowed: FetchAllowlist;
  readonly #proxies: ProxySettings;
  #agents: Promise<Agents> | null = null;

  constructor(options: { allow: readonly string[]; proxies?: ProxySettings }) {
    this.#allowed = parseFetchAllowlist(options.allow);
    this.#proxies = options.proxies ?? NO_PROXIES;
  }

  async get(url: string, request: FetchRequest = {}): Promise<FetchResponse> {
    const seen = new Set<string>();
    let target = this.#parseUrl(url, url);
    let headers = lowerCaseNames(request.headers ?? {});
    while (true) {
      if (seen.has(target.href)) throw new FetchFailure(url, `the redirects go in a circle, back to ${redactUrl(target)}`);
      if (seen.size > MAX_REDIRECTS) throw new FetchFailure(url, `there are more than ${MAX_REDIRECTS} redirects`);
      seen.add(target.href);
      const response = await this.#send(target, headers, request);
      const location = response.headers.location;
      if (!REDIRECT_STATUSES.has(response.status) || location === undefined || request.followsRedirects === false) return decoded(response, request);
      response.body.destroy();
      const next = this.#parseUrl(location, url, target);
      if (next.origin !== target.origin) headers = withoutCredentials(headers);
      target = next;
    }
  }

  async close(): Promise<void> {
    const agents = await this.#agents;
    await Promise.all([agents?.checked.destroy(), agents?.unchecked.destroy()]);
  }

  // Import undici at the first request: it would take a tenth of the start-up time.
  async #makeAgents(): Promise<Agents> {
    const { Agent, buildConnector: build } = await import('undici');
    const agentFor = (allowed: FetchAllowlist | null): Agent => new Agent({ allowH2: false, connect: guardedConnector({ allowed, proxies: this.#proxies, build }) });
    return { checked: agentFor(this.#allowed), unchecked: agentFor(null) };
  }

  async #send(target: URL, headers: Record<string, string>, request: FetchRequest): Promise<FetchResponse> {
    const isTrusted = this.#isTrusted(target, request.trustedHosts);
    const literal = target.hostname.replace(/^\[(.*)\]$/, '$1');
    // Node does not call the lookup for a literal address.
    if (!isTrusted && isIP(literal) !== 0 && !isAddressAllowed(literal, this.#allowed)) throw notAllowed(target);
    const agents = await (this.#agents ??= this.#makeAgents());
    try {
      const response = await (isTrusted ? agents.unchecked : agents.checked).request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: 'GET',
        headers: { 'user-agent': 'image-gateway', ...headers, ...authorizationFor(target, request.credentials), 'accept-encoding': 'identity' },
        headersTimeout: request.headersTimeoutMs ?? DEFAULT_TIMEOUT_MS,
        bodyTimeout: request.idleTimeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal: request.signal ?? null,
      });
      // An abandoned body may still emit an error, which would end the process if nothing listened.
      response.body.on('error', () => undefined);
      const answered = firstValues(response.headers);
      return { status: response.statusCode, headers: answered, tellsEnd: tellsEnd(answered), url: target.href, body: response.body };
    } catch (error) {
      if (request.signal?.aborted === true) throw request.signal.reason;
      if (error instanceof AddressRefused) throw notAllowed(target);
      throw toUnansweredFailure(target, error);
    }
  }

  #isTrusted(target: URL, trusted: ReadonlySet<string> | undefined): boolean {
    const key = hostKey(target);
    return trusted?.has(key) === true || this.#allowed.hosts.has(key) || this.#allowed.hosts.has(target.hostname);
  }

  #parseUrl(text: string, originalUrl: string, base?: URL): URL {
    const url = URL.parse(text, base?.href);
    if (url === null && base !== undefined) throw new FetchFailure(originalUrl, `the redirect leads to "${redactUrl(text)}", which is not a URL`);
    if (url === null) throw new AppError('URL_NOT_ALLOWED', `"${redactUrl(text)}" is not a URL. ${ACCEPTED_URLS}.`);
    url.hash = '';
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new AppError('URL_NOT_ALLOWED', `${redactUrl(url)} is a ${url.protocol.slice(0, -1)} URL. ${ACCEPTED_URLS}.`);
    }
    if (url.username !== '' || url.password !== '') {
      if (base !== undefined) throw new FetchFailure(originalUrl, `the redirect leads to ${redactUrl(url)} with a user name or password in the URL, and such redirects are not followed`);
      throw new AppError('URL_NOT_ALLOWED', `The URL for ${redactUrl(url)} carries a user name or password; give it without.`);
    }
    return url;
  }
}

/** `host:port` of a URL in lower case, with the default port written out: the form of `trustedHosts`. */
export function hostKey(url: string | URL): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

function tellsEnd(headers: FetchResponse['headers']): boolean {
  return headers['content-length'] !== undefined || /(^|,)\s*chunked\s*$/i.test(headers['transfer-encoding'] ?? '');
}

/** A response without its Content-Encoding, if the request asks for that. */
function decoded(response: FetchResponse, { decodedLimitBytes }: FetchRequest): FetchResponse {
  const { 'content-encoding': encoding, 'content-length': _ofEncoded, ...headers } = response.headers;
  if (decodedLimitBytes === undefined || encodingsOf(encoding).length === 0 || response.status === 304) return response;
  return { ...response, headers, body: decodeBody(response.body, encoding, { url: response.url, limitBytes: decodedLimitBytes }) };
}

function authorizationFor({ origin }: URL, credentials: OriginCredentials | undefined): Record<string, string> {
  return credentials?.origin === origin ? { authorization: credentials.authorization } : {};
}

/** Names the host but not its address: resolved addresses would let callers map networks that they cannot reach. */
function notAllowed(url: URL): AppError {
  return new AppError('URL_NOT_ALLOWED', `${redactUrl(url)} leads to an address that is not public. ${ACCEPTED_URLS}.`);
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/auth|cookie|token|secret|api-?key/.test(name)));
}

function firstValues(headers: Dispatcher.ResponseData['headers']): Record<string, string | undefined> {
  // A server may name its encodings in several lines, and all of them count.
  const first = (name: string, values: string[]): string | undefined => (name === 'content-encoding' ? values.join(', ') : values[0]);
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(named.map(([name, value]) => [name, Array.isArray(value) ? first(name, value) : value]));
}
