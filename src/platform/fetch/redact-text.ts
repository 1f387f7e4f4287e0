const HTTP = /^https?$/i;
/** A scheme and all up to the next blank, double quote or backslash (the text may be JSON). Bounding the scheme keeps matching linear. */
const URL_IN_TEXT = /([a-z][a-z0-9+.-]{0,30}):\/\/([^\s"\\]+)/gi;
const HOST_AND_PORT = /^(\[[\da-f:.%]*\]|[^:]*)(:\d*)?$/i;
/** Characters at the end of a URL that belong to the sentence around it. */
const PUNCTUATION = new Set(")>'`.,:;!]}…");
/** How a value begins that is meant as a URL with a user and a password. */
const MISSPELT = /^\s*(https?|postgres(?:ql)?)\s*:/i;
const BEARER = /(Bearer) +[\w.~+/=-]{8,}/gi;

/**
 * Removes user, password, query and fragment from every URL in a text, since any of them may grant access. Use it for texts that the
 * gateway did not write, such as library errors and values of callers.
 */
export function redactUrlsIn(text: string): string {
  return text.includes('://') ? text.replace(URL_IN_TEXT, (_all, scheme: string, rest: string) => `${scheme}://${redactAfterScheme(scheme, rest)}`) : text;
}

/**
 * Redacts a caller's value, which may be a misspelt URL, such as one with a single slash or with a blank in its password: then nothing
 * between its scheme and its last @ is shown.
 */
export function redactValue(value: string): string {
  const text = redactUrlsIn(value);
  const at = text.lastIndexOf('@');
  const scheme = at === -1 ? undefined : MISSPELT.exec(text)?.[1];
  return scheme === undefined ? text : redactUrlsIn(`${scheme}://${text.slice(at + 1)}`);
}

/** Redacts URLs and bearer tokens in a line of the log. */
export function redactLogLine(line: string): string {
  return redactUrlsIn(line).replace(BEARER, '$1 [redacted]');
}

function redactAfterScheme(scheme: string, rest: string): string {
  let end = rest.length;
  while (end > 0 && PUNCTUATION.has(rest.charAt(end - 1))) end -= 1;
  const whole = rest.slice(0, end);
  const [hostAndPath = ''] = whole.slice(hostStart(scheme, whole)).split(/[?#]/, 1);
  return hostAndPath + rest.slice(end);
}

/** Index at which the host begins: after the last @ that may belong to the password. */
function hostStart(scheme: string, whole: string): number {
  const [authority = ''] = whole.split(/[/?#]/, 1);
  // An unescaped password may contain a slash or a question mark; the part before it then looks like a host whose port is not a number.
  const isWhole = HTTP.test(scheme) && (authority.includes('@') || HOST_AND_PORT.test(authority));
  return (isWhole ? authority : whole).lastIndexOf('@') + 1;
}
