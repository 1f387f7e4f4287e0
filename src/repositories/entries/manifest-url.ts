function appendPath(repositoryUrl: string, path: string): string {
  const url = new URL(repositoryUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url.href;
}

/** Where a repository serves the manifest of an image, below the path of its URL. */
export function manifestUrlOf(repositoryUrl: string, uuid: string): string {
  return appendPath(repositoryUrl, `images/${uuid}`);
}

/** Where it serves the file. */
export function fileUrlOf(repositoryUrl: string, uuid: string): string {
  return appendPath(repositoryUrl, `images/${uuid}/file`);
}
