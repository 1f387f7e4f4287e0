import type { FastifyRequest } from 'fastify';
import { isHost } from './http.js';
import { networkMatcher } from './networks.js';
import { quoteValue } from '../message-text.js';

/** What a proxy adds to a request that it passes on. A caller that connects to us itself has no reason to send any of them. */
const PROXY_HEADERS = [
  'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-server', 'via',
  'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip', 'cf-connecting-ip',
];
const DEFAULT_PORTS = new Map([['http:', '80'], ['https:', '443']]);

export interface CallerTrustOptions {
  publicUrl: string;
  /** What the process listens on, as it was configured: an address, a name, or all addresses. */
  host: string;
  /** CIDRs of the proxies whose headers are believed. */
  trustProxy: readonly string[];
}

/** Of a request only what trust depends on. */
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

/** A host as URLs write it: lower case, no dot at its end, addresses in their one short form. Null for what is no host. */
function readHost(text: string): HostAndPort | null {
  const url = isHost(text) ? URL.parse(`http://${text}`) : null;
  // Not the URL's port, which leaves out 80.
  return url === null ? null : { name: url.hostname.replace(/\.$/, ''), port: /:(\d+)$/.exec(text)?.[1] ?? '' };
}

/** An address of a socket as a URL would name it. */
function nameOfAddress(address: string): string {
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%', 1);
  return readHost(plain.includes(':') ? `[${plain}]` : plain)?.name ?? '';
}

function isLoopback(name: string): boolean {
  return name === '[::1]' || name.startsWith('127.');
}

/**
 * Decides whom the process believes by where a request comes from. Networks alone do not tell: a proxy on this machine makes all
 * the world look local, and a page whose host name was rebound to us is sent from within the network of its reader.
 */
export class CallerTrust {
  readonly #publicHost: HostAndPort;
  readonly #isProxy: (address: string | undefined) => boolean;

  constructor(private readonly options: CallerTrustOptions) {
    const { hostname, port, protocol } = new URL(options.publicUrl);
    this.#publicHost = { name: hostname.replace(/\.$/, ''), port: port || (DEFAULT_PORTS.get(protocol) ?? '') };
    this.#isProxy = networkMatcher(options.trustProxy);
  }

  /** Whether the caller is in one of the networks (CIDRs); never for one whose address a proxy hides that we do not know. */
  inNetworks(cidrs: readonly string[]): (caller: Caller) => boolean {
    const isIn = networkMatcher(cidrs);
    return (caller) => !this.#isHidden(caller) && isIn(caller.ip);
  }

  /**
   * Why the host that a request was sent to is not ours, in words for the caller; null when it is. Ours are the host of PUBLIC_URL
   * and the address that the connection came in at, each with its port or without one. Of a proxy in TRUST_PROXY, X-Forwarded-Host
   * is what counts.
   */
  hostFault(caller: Caller): string | null {
    const [header, given] = this.#hostOf(caller);
    const host = readHost(given);
    if (host !== null && this.#isOurs(host, caller)) return null;
    const { name, port } = this.#publicHost;
    return `${header}: ${quoteValue(given)} is not this server; accepted are ${name}:${port} (PUBLIC_URL) and the address it listens on.`;
  }

  #hostOf(caller: Caller): [header: string, host: string] {
    const forwarded = this.#isProxy(caller.socket.remoteAddress) ? headerOf(caller, 'x-forwarded-host') : undefined;
    // The nearest proxy writes the last one.
    const last = forwarded?.split(',').at(-1)?.trim() ?? '';
    return last === '' ? ['Host', caller.headers.host ?? ''] : ['X-Forwarded-Host', last];
  }

  #isOurs({ name, port }: HostAndPort, { socket }: Caller): boolean {
    if (name === this.#publicHost.name && (port === '' || port === this.#publicHost.port)) return true;
    if (port !== '' && port !== String(socket.localPort)) return false;
    const local = nameOfAddress(socket.localAddress ?? '');
    return name === local || name === this.#listeningName() || (name === 'localhost' && isLoopback(local));
  }

  /** A name in HOST; the addresses that mean "all" name nobody. */
  #listeningName(): string | null {
    const { host } = this.options;
    const name = nameOfAddress(host);
    return name === '' || name === '0.0.0.0' || name === '[::]' ? null : name;
  }

  /** Whether the request came through a proxy that did not say, believably, for whom. */
  #isHidden(caller: Caller): boolean {
    if (!PROXY_HEADERS.some((name) => caller.headers[name] !== undefined)) return false;
    return !this.#isProxy(caller.socket.remoteAddress) || (headerOf(caller, 'x-forwarded-for') ?? '').trim() === '';
  }
}
