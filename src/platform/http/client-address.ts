import type { IncomingMessage } from 'node:http';
import { networkMatcher } from './networks.js';

/** The client's address: the last entry of X-Forwarded-For that is not a trusted proxy, else the address of the connection. */
export function clientAddress(proxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = networkMatcher(proxies);
  return ({ socket, headers }) => {
    let address = socket.remoteAddress ?? '';
    const hops = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').map((hop) => hop.trim()).filter((hop) => hop !== '');
    while (isTrusted(address) && hops.length > 0) address = hops.pop() ?? address;
    return address;
  };
}

/** Groups addresses by subscriber: an IPv4 address as it is, of an IPv6 address its /64 network. */
export function subscriberOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== '')) as [string[], string[]];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return `${[...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last].slice(0, 4).join(':')}::/64`;
}
