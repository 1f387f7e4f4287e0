import type { IncomingMessage } from 'node:http';
import { networkMatcher } from './networks.js';

/** The address a request comes from: of X-Forwarded-For as much as the trusted proxies vouch for, else that of its connection. */
export function clientAddress(proxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = networkMatcher(proxies);
  return ({ socket, headers }) => {
    let address = socket.remoteAddress ?? '';
    const hops = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').map((hop) => hop.trim()).filter((hop) => hop !== '');
    while (isTrusted(address) && hops.length > 0) address = hops.pop() ?? address;
    return address;
  };
}

/** What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function subscriberOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== '')) as [string[], string[]];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return `${[...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last].slice(0, 4).join(':')}::/64`;
}
