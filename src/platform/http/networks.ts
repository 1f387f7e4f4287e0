import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Makes a function that tells whether an address is in one of the networks (CIDRs). */
export function networkMatcher(cidrs: readonly string[]): (address: string | undefined) => boolean {
  const v4 = new BlockList();
  const v6 = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    if (isIPv4(address)) v4.addSubnet(address, Number(bits ?? 32), 'ipv4');
    else if (isIPv6(address)) v6.addSubnet(address, Number(bits ?? 128), 'ipv6');
  }
  return (address) => {
    const unmapped = address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
    if (isIPv4(unmapped)) return v4.check(unmapped, 'ipv4');
    return isIPv6(unmapped) && v6.check(unmapped, 'ipv6');
  };
}
