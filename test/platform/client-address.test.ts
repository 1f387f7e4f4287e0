import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddress, subscriberOf } from '../../src/platform/http/client-address.js';

function seen(proxies: readonly string[], remoteAddress: string, forwarded?: string): string {
  return clientAddress(proxies)({ socket: { remoteAddress }, headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) } } as unknown as IncomingMessage);
}

describe('the address of a client', () => {
  it('is that of its connection, unless a trusted proxy says otherwise', () => {
    expect(seen([], '10.0.0.1', '1.2.3.4')).toBe('10.0.0.1');
    expect(seen(['10.0.0.0/8'], '10.0.0.1')).toBe('10.0.0.1');
    expect(seen(['10.0.0.0/8'], '192.0.2.1', '1.2.3.4')).toBe('192.0.2.1');
    expect(seen(['10.0.0.0/8'], '10.0.0.1', '1.2.3.4')).toBe('1.2.3.4');
  });

  it('is the last one that no trusted proxy has, whatever the client wrote before it', () => {
    expect(seen(['10.0.0.0/8'], '10.0.0.1', '9.9.9.9, 1.2.3.4, 10.0.0.2')).toBe('1.2.3.4');
    expect(seen(['10.0.0.0/8'], '10.0.0.1', '10.0.0.3,10.0.0.2')).toBe('10.0.0.3');
    expect(seen(['10.0.0.0/8'], '10.0.0.1', ' , ')).toBe('10.0.0.1');
  });
});

describe('a subscriber', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['no address', 'no address'],
  ])('has behind %s the addresses of %s', (address, subscriber) => {
    expect(subscriberOf(address)).toBe(subscriber);
  });
});
