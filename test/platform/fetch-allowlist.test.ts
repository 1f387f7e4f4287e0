import { describe, expect, it } from 'vitest';
import { isAddressAllowed, parseFetchAllowlist } from '../../src/platform/fetch/fetch-allowlist.js';

const nothing = parseFetchAllowlist([]);

describe('isAddressAllowed', () => {
  it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.15.0.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    'lets the public address %s through',
    (address) => {
      expect(isAddressAllowed(address, nothing)).toBe(true);
    },
  );

  it('lets addresses of allowed networks through, also written as IPv6', () => {
    const allowed = parseFetchAllowlist(['10.20.0.0/16', '192.168.1.5', 'fd00::/8', '::1']);
    const answers = ['10.20.3.4', '::ffff:10.20.3.4', '192.168.1.5', 'fd12::1', '::1'].map((address) => isAddressAllowed(address, allowed));
    expect(answers).toEqual([true, true, true, true, true]);
    expect(['10.21.0.1', '192.168.1.6', 'fc00::1', '127.0.0.1'].some((address) => isAddressAllowed(address, allowed))).toBe(false);
  });

  it.each([
    '0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.170',
    '192.168.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a9fe:a9fe',
    '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001:0:1::1', '2001:db8::1', 'fe80::1', 'fe80::1%eth0', 'fd00::1',
    'fec0::1', 'ff02::1', '100::1', '3fff::1', 'not an address', '',
  ])('refuses %s', (address) => {
    expect(isAddressAllowed(address, nothing)).toBe(false);
  });

  it('an allowed IPv6 network opens no IPv4 address', () => {
    expect(isAddressAllowed('127.0.0.1', parseFetchAllowlist(['::/0']))).toBe(false);
  });
});

describe('parseFetchAllowlist', () => {
  it('reads host names with and without a port', () => {
    expect([...parseFetchAllowlist(['Images.Example.org', 'store:8080', '10.0.0.5:80']).hosts]).toEqual(['images.example.org', 'store:8080', '10.0.0.5:80']);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::1/129', '::ffff:0:0/96', 'http://host', 'a b', '', 'host/8', '10.0.0.0/8/8'])(
    'refuses the entry "%s" by name',
    (entry) => {
      expect(() => parseFetchAllowlist([entry])).toThrow(`"${entry}"`);
    },
  );
});
