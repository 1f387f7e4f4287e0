import { BlockList, isIP } from 'node:net';

/** Destinations that FETCH_ALLOW permits in addition to public addresses: host names, with or without a port, and networks. */
export interface FetchAllowlist {
  readonly hosts: ReadonlySet<string>;
  readonly v4: BlockList;
  readonly v6: BlockList;
}

// From IANA's special-purpose address registries: networks whose addresses do not belong to hosts on the public internet.
const NOT_PUBLIC_V4 = networks('ipv4', [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12],
  ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15],
  ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
]);
const GLOBAL_V6 = networks('ipv6', [['2000::', 3]]);
// Teredo and 6to4 addresses embed an IPv4 address that the sender chooses, so treat them as not public.
const NOT_PUBLIC_V6 = networks('ipv6', [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]]);

const MAPPED = 0xffffn;
const NAT64 = 0x64_ff9b_0000_0000_0000_0000n;

/** Parses FETCH_ALLOW: host names, `host:port`, addresses and CIDRs. Throws an Error that names the entry it cannot parse. */
export function parseFetchAllowlist(entries: readonly string[]): FetchAllowlist {
  const hosts = new Set<string>();
  const v4 = new BlockList();
  const v6 = new BlockList();
  for (const raw of entries) {
    const entry = raw.trim().toLowerCase();
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address.replace(/^\[(.*)\]$/, '$1'));
    if (family === 0 && prefix === undefined && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?(:\d{1,5})?$/.test(entry)) {
      hosts.add(entry);
      continue;
    }
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    const inRange = /^\d*$/.test(prefix ?? '') && prefix !== '' && bits <= (family === 4 ? 32 : 128);
    const bare = address.replace(/^\[(.*)\]$/, '$1');
    // Refuse IPv4-mapped networks: mapped addresses are checked as IPv4, so such an entry would have no effect.
    if (family === 0 || !inRange || rest.length > 0 || (family === 6 && embeddedV4(bare) !== null)) {
      throw new Error(`"${raw}" is not a host name, an address or a CIDR such as 10.0.0.0/8 or fd00::/8.`);
    }
    if (family === 4) v4.addSubnet(bare, bits, 'ipv4');
    else v6.addSubnet(bare, bits, 'ipv6');
  }
  return { hosts, v4, v6 };
}

/** Whether the gateway may connect to an address: it must be public or in an allowed network. False for a malformed address. */
export function isAddressAllowed(address: string, allowed: FetchAllowlist): boolean {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return false;
  const v4 = family === 4 ? bare : embeddedV4(bare);
  if (v4 !== null) return allowed.v4.check(v4, 'ipv4') || !NOT_PUBLIC_V4.check(v4, 'ipv4');
  if (allowed.v6.check(bare, 'ipv6')) return true;
  return GLOBAL_V6.check(bare, 'ipv6') && !NOT_PUBLIC_V6.check(bare, 'ipv6');
}

/** The IPv4 address in `::ffff:a.b.c.d` or NAT64's `64:ff9b::a.b.c.d`, which packets to it reach in the end; else null. */
function embeddedV4(address: string): string | null {
  const value = ipv6Value(address);
  const prefix = value >> 32n;
  if (prefix !== MAPPED && prefix !== NAT64) return null;
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
}

function ipv6Value(address: string): bigint {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function networks(family: 'ipv4' | 'ipv6', subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, family);
  return list;
}
