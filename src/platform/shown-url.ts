import { cut } from './shown.js';

const HTTP = /^https?$/i;
/** A scheme, and what follows up to the first blank, double quote or backslash: JSON may be around it. */
const URL_IN_TEXT = /([a-z][a-z0-9+.-]*):\/\/([^\s"\\]+)/gi;
const HOST_AND_PORT = /^(\[[\da-f:.%]*\]|[^:]*)(:\d*)?$/i;
/** Punctuation of the sentence around a URL. */
const TRAILING = /[)>'`.,:;!\]}]*$/;
const BEARER = /(Bearer) +[\w.~+/=-]{8,}/gi;

/**
 * A URL as messages, logs and the graph show it: without user, password, query and fragment, any of which may be what
 * grants access. `https://user:pw@host/path?token=x` is shown as `https://host/path`.
 */
export function shownUrl(url: string | URL): string {
  const text = String(url);
  const parsed = URL.parse(text);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) {
    // As it was written: without the slash that a URL without a path gets.
    const path = parsed.pathname === '/' && /^https?:\/\/[^/?#]*(?:$|[?#])/i.test(text) ? '' : parsed.pathname;
    return cut(`${parsed.protocol}//${parsed.host}${path}`);
  }
  const [beforeQuery = ''] = withoutUrlSecrets(text).split(/[?#]/, 1);
  return cut(beforeQuery);
}

/** The same for every URL within a text, for texts that others write: errors of libraries, values of callers. */
export function withoutUrlSecrets(text: string): string {
  return text.includes('://') ? text.replace(URL_IN_TEXT, (_all, scheme: string, rest: string) => `${scheme}://${withoutSecrets(scheme, rest)}`) : text;
}

/** A line for the log: neither secrets of URLs nor tokens. */
export function withoutSecretsInLine(line: string): string {
  return withoutUrlSecrets(line).replace(BEARER, '$1 [redacted]');
}

function withoutSecrets(scheme: string, rest: string): string {
  const [trailing = ''] = TRAILING.exec(rest) ?? [];
  const whole = rest.slice(0, rest.length - trailing.length);
  const afterUser = whole.slice(endOfUser(scheme, whole));
  const [place = ''] = afterUser.split(/[?#]/, 1);
  return place + trailing;
}

/** Where the host begins: behind the last @ that may be part of a password. */
function endOfUser(scheme: string, whole: string): number {
  const [authority = ''] = whole.split(/[/?#]/, 1);
  // A password that was not escaped may hold a slash or a question mark; then what seems to be a port is no number.
  const isWhole = HTTP.test(scheme) && (authority.includes('@') || HOST_AND_PORT.test(authority));
  return (isWhole ? authority : whole).lastIndexOf('@') + 1;
}
