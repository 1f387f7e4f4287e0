/** What the bar shows of a token: whom it signs in, or why it signs in nobody. */
export type SignIn =
  | { state: 'anonymous' }
  | { state: 'checking' }
  | { state: 'signed-in'; username: string }
  | { state: 'refused' }
  | { state: 'unreachable' };

interface ViewerAnswer {
  data?: { viewer?: { user: { username: string } } } | null;
}

/** Asks the gateway whose token this is; an answer without a viewer means the token is not accepted. */
export async function whoAmI(token: string, signal: AbortSignal): Promise<SignIn> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ viewer { user { username } } }' }),
    });
    if (response.status >= 500) return { state: 'unreachable' };
    const answer = (await response.json()) as ViewerAnswer;
    const username = answer.data?.viewer?.user.username;
    return username === undefined ? { state: 'refused' } : { state: 'signed-in', username };
  } catch {
    return { state: 'unreachable' };
  }
}
