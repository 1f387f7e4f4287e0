/** The paths of IMGAPI, as clients ask for them that know no base path. */
const ROOT_PATH = /^\/+(?:images|ping|channels|datasets|state)(?=[/?]|$)/;
const BASE_PATH = /^\/+imgapi(?=[/?]|$)/;

/**
 * The URL by which the routes of the image server know a request: below /imgapi, without slashes that clients double where they join a
 * base URL and a path. With `atRoot`, a path of IMGAPI at the root of the gateway is one below /imgapi; null for what is none of ours.
 */
function imageServerUrl(url: string, atRoot: boolean): string | null {
  const base = BASE_PATH.exec(url)?.[0] ?? (atRoot && ROOT_PATH.test(url) ? '' : null);
  if (base === null) return null;
  const rest = url.slice(base.length);
  const end = rest.search(/[?#]/);
  const [path, query] = end === -1 ? [rest, ''] : [rest.slice(0, end), rest.slice(end)];
  return `/imgapi/${path.replace(/\/{2,}/g, '/').replace(/^\//, '')}${query}`;
}

/** Rewrites the URLs of requests to the image server, and leaves all others as they are. */
export function imageServerRewriter(atRoot: boolean): (url: string) => string {
  return (url) => imageServerUrl(url, atRoot) ?? url;
}

/** Where a path of IMGAPI at the root of the gateway is found; null for other paths. */
export function redirectionOf(url: string): string | null {
  return imageServerUrl(url, true);
}
