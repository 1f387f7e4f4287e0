import { expiryOf } from './token';

/** What the gateway says of the caller, as far as the page needs it. */
export interface Caller {
  username: string;
  isSuperAdmin: boolean;
  /** In the current datacenter. */
  permissions: readonly string[];
  currentDatacenter: string;
}

/** What the bar shows of a token: whom it signs in, or why it signs in nobody. */
export type SignIn =
  | { state: 'anonymous' }
  | { state: 'checking' }
  | { state: 'signed-in'; caller: Caller }
  | { state: 'expired' }
  | { state: 'refused' }
  | { state: 'unreachable' };

interface ViewerAnswer {
  data?: {
    viewer?: { user: { username: string; isSuperAdmin: boolean | null }; currentDatacenter: { name: string }; permissions: string[] | null };
  } | null;
}

const QUERY = '{ viewer { user { username isSuperAdmin } currentDatacenter { name } permissions } }';

/** Asks the gateway whose token this is; an answer without a viewer means the token is not accepted. */
export async function whoAmI(token: string, signal?: AbortSignal): Promise<SignIn> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      signal: signal ?? null,
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: QUERY }),
    });
    if (response.status >= 500) return { state: 'unreachable' };
    const { data } = (await response.json()) as ViewerAnswer;
    if (!data?.viewer) return { state: isPast(expiryOf(token)) ? 'expired' : 'refused' };
    const { user, currentDatacenter, permissions } = data.viewer;
    const caller = { username: user.username, isSuperAdmin: user.isSuperAdmin === true, permissions: permissions ?? [], currentDatacenter: currentDatacenter.name };
    return { state: 'signed-in', caller };
  } catch {
    return { state: 'unreachable' };
  }
}

function isPast(time: number | null): boolean {
  return time !== null && time <= Date.now();
}
