import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Tells whether an address lies in one of the networks (CIDRs, as the configuration gives them). */
export function networkMatcher(cidrs: readonly string[]): (address: string | undefined) => boolean {
  const v4 = new BlockList();
  const v6 = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    if (isIPv4(address)) v4.addSubnet(address, Number(bits ?? 32), 'ipv4');
    else if (isIPv6(address)) v6.addSubnet(address, Number(bits ?? 128), 'ipv6');
  }
  return (address) => {
    const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
    if (isIPv4(plain)) return v4.check(plain, 'ipv4');
    return isIPv6(plain) && v6.check(plain, 'ipv6');
  };
}
