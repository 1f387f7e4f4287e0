import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { connectionOptions } from '../platform/database/postgres/connection-options.js';
import { InvalidPostgresUrl } from '../platform/database/postgres/postgres-url.js';
import { InvalidS3Url, parseS3Url, type S3Location } from '../platform/store/s3/s3-location.js';

/** The text of a setting is invalid; the message says what would be accepted instead. */
export class InvalidSetting extends Error {}

const hostPattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i;

export function anyText(text: string): string {
  return text;
}

/** A host name or an IP address without a port. */
export function host(text: string): string {
  if (isAddress(text) || hostPattern.test(text)) return text;
  throw new InvalidSetting('accepted: a host name or an IP address, such as 127.0.0.1 or ::');
}

/** A whole number from `min` to `max`; `unit` is what the message adds to the range. */
export function integer(min: number, max: number, unit: string): (text: string) => number {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    throw new InvalidSetting(`accepted: a whole number from ${min} to ${max}${unit}`);
  };
}

export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice !== undefined) return choice;
    throw new InvalidSetting(`accepted: ${choices.join(', ')}`);
  };
}

export function onOff(text: string): boolean {
  return oneOf(['on', 'off'])(text) === 'on';
}

/** An http(s) URL without query, fragment, user or trailing slash, so that paths can be appended to it. */
export function baseUrl(text: string): string {
  const url = URL.parse(text);
  const isBase = url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (isBase) return url.href.replace(/\/+$/, '');
  throw new InvalidSetting('accepted: an http:// or https:// URL without user, query and fragment');
}

export function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  throw new InvalidSetting('accepted: an http:// or https:// URL');
}

/** Origins as browsers send them: only scheme, host and port. */
export function origins(text: string): readonly string[] {
  return commaSeparated(text).map((entry) => {
    const url = URL.parse(entry);
    if (url !== null && /^https?:$/.test(url.protocol) && url.origin === entry.replace(/\/$/, '').toLowerCase()) return url.origin;
    throw new InvalidSetting(`"${entry}" is no origin; accepted: origins such as https://cloud.example.com separated by commas`);
  });
}

/** The absolute path in `scheme:PATH`, resolved against the working directory. Refuses `scheme://PATH`, which looks like a host. */
export function pathAfterScheme(scheme: string, text: string): string {
  const path = text.slice(scheme.length + 1);
  if (path === '' || /^\/\/(?!\/)/.test(path)) throw new InvalidSetting(`accepted: ${scheme}:PATH`);
  return resolve(path);
}

/** A URL of Postgres whose files of certificates can be read. */
export function postgresUrl(text: string): string {
  try {
    connectionOptions(text);
    return text;
  } catch (error) {
    if (error instanceof InvalidPostgresUrl) throw new InvalidSetting(error.message, { cause: error });
    throw error;
  }
}

/** The URL of an image store in an object storage. */
export function s3Location(text: string): S3Location {
  try {
    return parseS3Url(text);
  } catch (error) {
    if (error instanceof InvalidS3Url) throw new InvalidSetting(error.message, { cause: error });
    throw error;
  }
}

/** Addresses and CIDRs, each returned as a CIDR; `none` is an empty list. */
export function networks(text: string): readonly string[] {
  if (text === 'none') return [];
  return commaSeparated(text).map((entry) => {
    const network = parseNetwork(entry);
    if (network !== null) return network;
    throw new InvalidSetting(`"${entry}" is no network; accepted: CIDRs such as 10.0.0.0/8,fd00::/8 separated by commas, or none`);
  });
}

/** Host names, addresses and CIDRs in lower case, as FETCH_ALLOW takes them. */
export function hostsAndNetworks(text: string): readonly string[] {
  return commaSeparated(text).map((entry) => {
    if (isAddress(entry) || parseNetwork(entry) !== null) return entry.toLowerCase();
    // Only digits and dots is a mistyped address: no host has such a name.
    if (hostPattern.test(entry) && !/^[\d.]+$/.test(entry)) return entry.toLowerCase();
    throw new InvalidSetting(`"${entry}" is neither; accepted: host names, IP addresses and CIDRs such as images.lan,10.0.0.0/8 separated by commas`);
  });
}

export function commaSeparated(text: string): string[] {
  return text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

function parseNetwork(entry: string): string | null {
  const [address = '', prefix, ...rest] = entry.split('/');
  if (!isAddress(address) || rest.length > 0) return null;
  const bits = isIP(address) === 4 ? 32 : 128;
  if (prefix === undefined) return `${address}/${bits}`;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? `${address}/${Number(prefix)}` : null;
}

/** The URL of a proxy, with http:// added to a bare `host:port`, as other tools accept it. */
export function proxyUrl(text: string): string {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  const isProxy = url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.pathname === '/' && !url.search && !url.hash;
  if (isProxy && isDecodable(url.username) && isDecodable(url.password)) return url.href;
  throw new InvalidSetting('accepted: http://HOST:PORT or https://HOST:PORT, with USER:PASSWORD@ before the host if the proxy asks for them (reserved characters as %XX)');
}

/** Host names, also as `.example.com` and `*.example.com`, with or without a port, addresses and CIDRs, and `*`. */
export function proxyExceptions(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '').map((entry) => {
    const name = entry.replace(/:\d{1,5}$/, '');
    const isName = name === '*' || hostPattern.test(name.replace(/^\*?\./, ''));
    if (isName || isAddress(entry.replace(/^\[(.*)\](:\d{1,5})?$/, '$1')) || parseNetwork(entry) !== null) return entry.toLowerCase();
    throw new InvalidSetting(`"${entry}" is none; accepted: host names, addresses and CIDRs such as images.lan,.example.com,10.0.0.0/8 separated by commas, or *`);
  });
}

/** `user:password`; only the password may contain a colon. */
export function userAndPassword(text: string): string {
  if (/^[^:\p{Cc}]{1,255}:[^\p{Cc}]{0,1024}$/u.test(text)) return text;
  throw new InvalidSetting('accepted: USER:PASSWORD');
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
