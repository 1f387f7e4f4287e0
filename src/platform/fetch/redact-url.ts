import { truncate } from '../message-text.js';
import { redactUrlsIn } from './redact-text.js';

/**
 * Removes user, password, query and fragment from a URL, since any of them may grant access. Messages, logs and the graph show URLs
 * only in this form: `https://user:pw@host/path?token=x` becomes `https://host/path`.
 */
export function redactUrl(url: string | URL): string {
  const text = String(url);
  const parsed = URL.parse(text);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) {
    // The URL parser adds a slash to a URL without a path; show the URL as it was written.
    const path = parsed.pathname === '/' && /^https?:\/\/[^/?#]*(?:$|[?#])/i.test(text) ? '' : parsed.pathname;
    return truncate(`${parsed.protocol}//${parsed.host}${path}`);
  }
  const [beforeQuery = ''] = redactUrlsIn(text).split(/[?#]/, 1);
  return truncate(beforeQuery);
}
