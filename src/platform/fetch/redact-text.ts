const HTTP = /^https?$/i;
/** A scheme, and what follows up to the first blank, double quote or backslash: JSON may be around it. The bound keeps it linear. */
const URL_IN_TEXT = /([a-z][a-z0-9+.-]{0,30}):\/\/([^\s"\\]+)/gi;
const HOST_AND_PORT = /^(\[[\da-f:.%]*\]|[^:]*)(:\d*)?$/i;
/** Punctuation of the sentence around a URL. */
const PUNCTUATION = new Set(")>'`.,:;!]}…");
const BEARER = /(Bearer) +[\w.~+/=-]{8,}/gi;

/**
 * A text with every URL in it without user, password, query and fragment, any of which may be what grants access: for texts that
 * others write, such as errors of libraries and values of callers.
 */
export function redactUrlsIn(text: string): string {
  return text.includes('://') ? text.replace(URL_IN_TEXT, (_all, scheme: string, rest: string) => `${scheme}://${redactAfterScheme(scheme, rest)}`) : text;
}

/** A line for the log: neither secrets of URLs nor tokens. */
export function redactLogLine(line: string): string {
  return redactUrlsIn(line).replace(BEARER, '$1 [redacted]');
}

function redactAfterScheme(scheme: string, rest: string): string {
  let end = rest.length;
  while (end > 0 && PUNCTUATION.has(rest.charAt(end - 1))) end -= 1;
  const whole = rest.slice(0, end);
  const [place = ''] = whole.slice(hostStart(scheme, whole)).split(/[?#]/, 1);
  return place + rest.slice(end);
}

/** Where the host begins: behind the last @ that may be part of a password. */
function hostStart(scheme: string, whole: string): number {
  const [authority = ''] = whole.split(/[/?#]/, 1);
  // A password that was not escaped may hold a slash or a question mark; then what seems to be a port is no number.
  const isWhole = HTTP.test(scheme) && (authority.includes('@') || HOST_AND_PORT.test(authority));
  return (isWhole ? authority : whole).lastIndexOf('@') + 1;
}
