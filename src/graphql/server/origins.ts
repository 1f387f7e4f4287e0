import type { IncomingMessage } from 'node:http';

/**
 * Tells whether a browser's page may open a stream here: of the same host, of PUBLIC_URL, or of a configured origin. Who
 * sends no Origin is no browser.
 */
export function originCheck(publicUrl: string, allowed: readonly string[]): (request: IncomingMessage) => boolean {
  const known = new Set([new URL(publicUrl).origin, ...allowed]);
  return ({ headers: { origin, host } }) => {
    if (origin === undefined || known.has(origin)) return true;
    return host !== undefined && URL.parse(origin)?.host === host.toLowerCase();
  };
}
