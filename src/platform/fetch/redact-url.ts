import { truncate } from '../message-text.js';
import { redactUrlsIn } from './redact-text.js';

/**
 * A URL as messages, logs and the graph show it: without user, password, query and fragment, any of which may be what
 * grants access. `https://user:pw@host/path?token=x` is shown as `https://host/path`.
 */
export function redactUrl(url: string | URL): string {
  const text = String(url);
  const parsed = URL.parse(text);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) {
    // As it was written: without the slash that a URL without a path gets.
    const path = parsed.pathname === '/' && /^https?:\/\/[^/?#]*(?:$|[?#])/i.test(text) ? '' : parsed.pathname;
    return truncate(`${parsed.protocol}//${parsed.host}${path}`);
  }
  const [beforeQuery = ''] = redactUrlsIn(text).split(/[?#]/, 1);
  return truncate(beforeQuery);
}
