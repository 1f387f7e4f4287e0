/** A URL without its user and password, and these as `user:password`; null when it has none. */
export interface SplitUrl {
  url: string;
  credentials: string | null;
}

/** Takes user and password out of the URL of a repository, before it is stored, shown or compared. Leaves the rest as it is written. */
export function splitCredentials(given: string): SplitUrl {
  const parsed = URL.parse(given);
  if (parsed === null) return { url: given, credentials: null };
  const { username, password } = parsed;
  const url = given.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
  return { url, credentials: username === '' && password === '' ? null : `${decoded(username)}:${decoded(password)}` };
}

/** The `user:password` of a repository that gets another URL: those of the new URL, else the present ones if the server stays the same. */
export function nextCredentials({ url, credentials }: SplitUrl, present: { url: string; credentials?: string | null } | null): string | null {
  const isSameServer = present !== null && URL.parse(present.url)?.origin === URL.parse(url)?.origin;
  return credentials ?? (isSameServer ? (present.credentials ?? null) : null);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
