/** A URL without its user and password, and these as `user:password`; null when it has none. */
export interface SplitUrl {
  url: string;
  credentials: string | null;
}

/** Takes user and password out of the URL of a repository, before it is stored, shown or compared. Leaves the rest as it is written. */
export function splitCredentials(given: string): SplitUrl {
  const parsed = URL.parse(given);
  if (parsed === null || (parsed.username === '' && parsed.password === '')) return { url: given, credentials: null };
  const url = given.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
  return { url, credentials: `${decoded(parsed.username)}:${decoded(parsed.password)}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
