import type { FastifyRequest } from 'fastify';
import { isHost } from './http.js';
import { networkMatcher } from './networks.js';
import { quoteValue } from '../message-text.js';

/** Headers that proxies add. A caller that connects directly has no reason to send them. */
const PROXY_HEADERS = [
  'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-server', 'via',
  'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip', 'cf-connecting-ip',
];
const DEFAULT_PORTS = new Map([['http:', '80'], ['https:', '443']]);

/** The settings that trust depends on. */
export interface CallerTrustOptions {
  publicUrl: string;
  /** HOST: the address or name that the process listens on, or one that means all addresses. */
  host: string;
  /** CIDRs of the proxies whose forwarding headers are trusted. */
  trustProxy: readonly string[];
}

/** The properties of a request that trust depends on. */
export type Caller = Pick<FastifyRequest, 'headers' | 'ip' | 'socket'>;

interface HostAndPort {
  name: string;
  /** Empty: none given. */
  port: string;
}

function headerOf({ headers }: Caller, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Parses a host and normalises it as URLs do: lower case, no trailing dot, short addresses. Null if it is not a host. */
function parseHost(text: string): HostAndPort | null {
  const url = isHost(text) ? URL.parse(`http://${text}`) : null;
  // Take the port from the text: URL drops the default port 80.
  return url === null ? null : { name: url.hostname.replace(/\.$/, ''), port: /:(\d+)$/.exec(text)?.[1] ?? '' };
}

/** A socket's address in the form that a URL would have it. */
function nameOfAddress(address: string): string {
  const [unmapped = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%', 1);
  return parseHost(unmapped.includes(':') ? `[${unmapped}]` : unmapped)?.name ?? '';
}

function isLoopback(name: string): boolean {
  return name === '[::1]' || name.startsWith('127.');
}

/**
 * Decides whether to trust a request by where it comes from. The address alone is not enough: behind a proxy on this machine every
 * caller looks local, and with DNS rebinding a web page sends requests from the network of its reader.
 */
export class CallerTrust {
  readonly #publicHost: HostAndPort;
  readonly #isProxy: (address: string | undefined) => boolean;

  constructor(private readonly options: CallerTrustOptions) {
    const { hostname, port, protocol } = new URL(options.publicUrl);
    this.#publicHost = { name: hostname.replace(/\.$/, ''), port: port || (DEFAULT_PORTS.get(protocol) ?? '') };
    this.#isProxy = networkMatcher(options.trustProxy);
  }

  /** Whether the caller is in one of the networks (CIDRs). False if the request came through a proxy that is not in TRUST_PROXY. */
  inNetworks(cidrs: readonly string[]): (caller: Caller) => boolean {
    const isIn = networkMatcher(cidrs);
    return (caller) => !this.#isAddressUnknown(caller) && isIn(caller.ip);
  }

  /**
   * The message for a request whose Host is not this gateway; null if it is. Accepts the host of PUBLIC_URL and the address that the
   * caller connected to, each with its port or without one. Behind a proxy in TRUST_PROXY, checks X-Forwarded-Host instead.
   */
  hostFault(caller: Caller): string | null {
    const [header, given] = this.#hostOf(caller);
    const host = parseHost(given);
    if (host !== null && this.#isOurs(host, caller)) return null;
    const { name, port } = this.#publicHost;
    return `${header}: ${quoteValue(given)} is not this server; accepted are ${name}:${port} (PUBLIC_URL) and the address it listens on.`;
  }

  #hostOf(caller: Caller): [header: string, host: string] {
    const forwarded = this.#isProxy(caller.socket.remoteAddress) ? headerOf(caller, 'x-forwarded-host') : undefined;
    // The nearest proxy adds its value at the end.
    const last = forwarded?.split(',').at(-1)?.trim() ?? '';
    return last === '' ? ['Host', caller.headers.host ?? ''] : ['X-Forwarded-Host', last];
  }

  #isOurs({ name, port }: HostAndPort, { socket }: Caller): boolean {
    if (name === this.#publicHost.name && (port === '' || port === this.#publicHost.port)) return true;
    if (port !== '' && port !== String(socket.localPort)) return false;
    const local = nameOfAddress(socket.localAddress ?? '');
    return name === local || name === this.#listeningName() || (name === 'localhost' && isLoopback(local));
  }

  /** The host name in HOST; null for an address that means all addresses. */
  #listeningName(): string | null {
    const { host } = this.options;
    const name = nameOfAddress(host);
    return name === '' || name === '0.0.0.0' || name === '[::]' ? null : name;
  }

  /** Whether the address of the caller is unknown: a proxy passed the request on and is not trusted, or did not name the caller. */
  #isAddressUnknown(caller: Caller): boolean {
    if (!PROXY_HEADERS.some((name) => caller.headers[name] !== undefined)) return false;
    return !this.#isProxy(caller.socket.remoteAddress) || (headerOf(caller, 'x-forwarded-for') ?? '').trim() === '';
  }
}
