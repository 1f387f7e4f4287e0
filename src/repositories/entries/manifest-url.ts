function appendPath(repositoryUrl: string, path: string): string {
  const url = new URL(repositoryUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url.href;
}

/** Where a repository serves the manifest of an image; a path prefix of its URL is kept. */
export function manifestUrlOf(repositoryUrl: string, uuid: string): string {
  return appendPath(repositoryUrl, `images/${uuid}`);
}

/** Where it serves the bytes. */
export function fileUrlOf(repositoryUrl: string, uuid: string): string {
  return appendPath(repositoryUrl, `images/${uuid}/file`);
}
