import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type FetchAllowlist, isAddressAllowed } from './fetch-allowlist.js';

/** A host name leads to an address that is not allowed. Does not carry the address: a caller who knows only the name must not learn it. */
export class AddressRefused extends Error {}

/** Checks all addresses of a name and returns them for the connection, so that DNS cannot change them in between. */
export function checkedLookup(allowed: FetchAllowlist): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.find(({ address }) => !isAddressAllowed(address, allowed));
      if (refused !== undefined) return callback(new AddressRefused(), '', 0);
      if (options.all === true) return callback(null, addresses);
      const first = addresses[0];
      if (first === undefined) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
      return callback(null, first.address, first.family);
    });
  };
}

/** The addresses of a host name, all of them allowed, IPv4 first. Throws AddressRefused, or the error of the look-up. */
export function resolveChecked(hostname: string, allowed: FetchAllowlist): Promise<LookupAddress[]> {
  return new Promise((done, fail) => {
    checkedLookup(allowed)(hostname, { all: true, order: 'ipv4first' }, (error, addresses) => {
      if (error !== null) fail(error);
      else done(typeof addresses === 'string' ? [] : addresses);
    });
  });
}
