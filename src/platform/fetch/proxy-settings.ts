import { BlockList, isIP } from 'node:net';

/** The proxies for outgoing requests, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY name them. Plain data, so that it can be sent to a worker thread. */
export interface ProxySettings {
  /** URL of the proxy for https URLs, with its user and password; null: none. */
  readonly https: string | null;
  readonly http: string | null;
  /** Hosts that are reached without a proxy: names with their subdomains, `*.name`, addresses and CIDRs, each but the last with an optional port; `*` is every host. */
  readonly noProxy: readonly string[];
}

export const NO_PROXIES: ProxySettings = { https: null, http: null, noProxy: [] };

/** The proxy of a request, and the setting that names it. */
export interface Proxy {
  readonly url: URL;
  readonly setting: 'HTTPS_PROXY' | 'HTTP_PROXY';
}

/** The destination of a connection. */
export interface Destination {
  protocol: string;
  /** A name or an address, without brackets. */
  hostname: string;
  port: number;
}

/** The proxy that connections to a destination go through; null: none. */
export function proxyFor(destination: Destination, settings: ProxySettings): Proxy | null {
  const isTls = destination.protocol === 'https:';
  const url = isTls ? settings.https : settings.http;
  if (url === null || settings.noProxy.some((entry) => isExcepted(entry, destination))) return null;
  return { url: new URL(url), setting: isTls ? 'HTTPS_PROXY' : 'HTTP_PROXY' };
}

function isExcepted(entry: string, { hostname, port }: Destination): boolean {
  const host = hostname.toLowerCase().replace(/(.)\.$/, '$1');
  if (entry.includes('/')) return isInNetwork(host, entry);
  const { name, only } = splitPort(entry.toLowerCase());
  if (only !== null && only !== port) return false;
  if (name === '*') return true;
  const suffix = name.replace(/^\*?\./, '');
  if (isIP(host) !== 0) return host === suffix;
  // "*.example.com" is the subdomains alone, as in most tools.
  return (host === suffix && !name.startsWith('*.')) || host.endsWith(`.${suffix}`);
}

function splitPort(entry: string): { name: string; only: number | null } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry);
  const named = bracketed ?? (isIP(entry) === 6 ? null : /^([^:]*):(\d+)$/.exec(entry));
  return named === null ? { name: entry, only: null } : { name: named[1] ?? '', only: named[2] === undefined ? null : Number(named[2]) };
}

function isInNetwork(host: string, cidr: string): boolean {
  const [address = '', bits = ''] = cidr.split('/');
  const [family, hostFamily] = [isIP(address), isIP(host)];
  if (family === 0 || family !== hostFamily || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const network = new BlockList();
  network.addSubnet(address, Number(bits), type);
  return network.check(host, type);
}
