import { isIP, type Socket } from 'node:net';
import { callbackify } from 'node:util';
import type { buildConnector } from 'undici';
import { checkedLookup, resolveChecked } from './checked-lookup.js';
import type { FetchAllowlist } from './fetch-allowlist.js';
import { type Destination, type Proxy, proxyFor, type ProxySettings } from './proxy-settings.js';
import { openTunnel, ProxyFailure } from './proxy-tunnel.js';

/** Addresses of one host that are tried through a proxy. */
const MAX_ADDRESSES = 3;
const CONNECT_TIMEOUT_MS = 10_000;

export interface ConnectorOptions {
  /** The addresses that connections may lead to; null checks none, for hosts that the operator vouches for. */
  allowed: FetchAllowlist | null;
  proxies: ProxySettings;
  /** Undici's, which is imported with the first request. */
  build: typeof buildConnector;
}

/**
 * Connects to hosts whose addresses are checked, directly or through a proxy. The gateway checks the addresses itself with a proxy too,
 * and asks the proxy for the checked address, so that the proxy cannot resolve the name to another one. Hosts without a check are
 * asked for by name, as only the proxy may be able to resolve it.
 */
export function guardedConnector({ allowed, proxies, build }: ConnectorOptions): buildConnector.connector {
  const connect = build({ timeout: CONNECT_TIMEOUT_MS, allowH2: false, ...(allowed !== null && { lookup: checkedLookup(allowed) }) });
  return (options, callback) => {
    const destination = destinationOf(options);
    const proxy = proxyFor(destination, proxies);
    if (proxy === null) return connect(options, callback);
    callbackify(openThrough)(proxy, destination, allowed, (error, socket) => {
      if (error !== null) callback(error, null);
      else if (destination.protocol === 'https:') connect({ ...options, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  };
}

function destinationOf({ protocol, hostname, port }: buildConnector.Options): Destination {
  return { protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}

async function openThrough(proxy: Proxy, { hostname, port }: Destination, allowed: FetchAllowlist | null): Promise<Socket> {
  if (allowed === null || isIP(hostname) !== 0) return openTunnel(proxy, authorityOf(hostname, port));
  const addresses = (await resolveHere(proxy, hostname, allowed)).slice(0, MAX_ADDRESSES);
  for (const [at, { address }] of addresses.entries()) {
    try {
      return await openTunnel(proxy, authorityOf(address, port));
    } catch (error) {
      const mayHelp = error instanceof ProxyFailure && (error.status ?? 0) >= 500 && at + 1 < addresses.length;
      if (!mayHelp) throw error;
    }
  }
  throw new Error('the host name has no address');
}

async function resolveHere(proxy: Proxy, hostname: string, allowed: FetchAllowlist): ReturnType<typeof resolveChecked> {
  try {
    return await resolveChecked(hostname, allowed);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const hint = 'the addresses of a host that is not of a configured repository are checked here before the proxy is asked; list the host in FETCH_ALLOW to leave that to the proxy';
    throw new Error(`the host name cannot be resolved on this machine, although ${proxy.setting} is set: ${hint}`, { cause: error });
  }
}

function authorityOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
