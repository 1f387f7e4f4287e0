/** Where a repository serves the manifest of an image; a path prefix of its URL is kept. */
export function manifestUrlOf(repositoryUrl: string, uuid: string): string {
  const url = new URL(repositoryUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/images/${uuid}`;
  return url.href;
}
