import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import { type FetchAllowlist, isAddressAllowed, parseFetchAllowlist } from './fetch-allowlist.js';
import { AppError } from '../errors.js';
import { toFetchFailure, FetchFailure } from './fetch-failure.js';
import { redactUrl } from './redact-url.js';

/** Options of one request, valid for its redirects too. */
export interface FetchRequest {
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Hosts, as `hostKey` writes them, that are allowed whatever their address is. A redirect to another host is checked as usual. */
  trustedHosts?: ReadonlySet<string>;
  headersTimeoutMs?: number;
  /** Longest pause between two parts of the body; pauses of the reader do not count. */
  idleTimeoutMs?: number;
}

/** The last response, whose body is still to be read. */
export interface FetchResponse {
  status: number;
  headers: Record<string, string | undefined>;
  /** The URL that answered, after redirects. */
  url: string;
  /** The caller must read or destroy it, else its connection stays open. Convert its errors with `toFetchFailure`. */
  body: Readable;
}

const CONNECT_TIMEOUT_MS = 10_000;
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

/** Thrown by the lookup. Does not carry the address: a caller who knows only the name must not learn it. */
class AddressRefused extends Error {}

/**
 * Fetches URLs that callers supply; no other code requests them. It sends GET over http and https only, checks every address of
 * the host when it connects, after each redirect too, and connects only to the addresses it has checked.
 * Throws AppError URL_NOT_ALLOWED for a forbidden destination, FetchFailure for a network error, and the signal's reason when
 * aborted. A response with an error status such as 404 is returned, not thrown.
 */
export class GuardedFetch {
  readonly #allowed: FetchAllowlist;
  #agents: Promise<Agents> | null = null;

  constructor(options: { allow: readonly string[] }) {
    this.#allowed = parseFetchAllowlist(options.allow);
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
      if (!REDIRECT_STATUSES.has(response.status) || location === undefined) return response;
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
    const { Agent } = await import('undici');
    const shared = { timeout: CONNECT_TIMEOUT_MS, allowH2: false };
    return {
      checked: new Agent({ allowH2: false, connect: { ...shared, lookup: checkedLookup(this.#allowed) } }),
      unchecked: new Agent({ allowH2: false, connect: shared }),
    };
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
        headers: { 'user-agent': 'image-gateway', ...headers, 'accept-encoding': 'identity' },
        headersTimeout: request.headersTimeoutMs ?? DEFAULT_TIMEOUT_MS,
        bodyTimeout: request.idleTimeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal: request.signal ?? null,
      });
      // An abandoned body may still emit an error, which would end the process if nothing listened.
      response.body.on('error', () => undefined);
      return { status: response.statusCode, headers: firstValues(response.headers), url: target.href, body: response.body };
    } catch (error) {
      if (request.signal?.aborted === true) throw request.signal.reason;
      if (error instanceof AddressRefused) throw notAllowed(target);
      throw toFetchFailure(target.href, error);
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

/** Checks all addresses of a name and returns them for the connection, so that DNS cannot change them in between. */
function checkedLookup(allowed: FetchAllowlist): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.find(({ address }) => !isAddressAllowed(address, allowed));
      if (refused !== undefined) return callback(new AddressRefused(), '', 0);
      if (options.all === true) return callback(null, addresses);
      const first = addresses[0];
      if (first === undefined) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
      return callback(null, first.address, first.family);
    });
  };
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
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value[0] : value]));
}
