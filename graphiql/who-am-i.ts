import { expiryOf } from './token';

/** What the gateway says of the caller, as far as the page needs it. */
export interface Caller {
  username: string;
  isSuperAdmin: boolean;
  /** What the caller may do in `datacenter`. */
  permissions: readonly string[];
  /** The datacenter in which the caller may do most: the current one, unless another allows more. */
  datacenter: string;
}

/** What the bar shows of a token: whom it signs in, or why it signs in nobody. */
export type SignIn =
  | { state: 'anonymous' }
  | { state: 'checking' }
  | { state: 'signed-in'; caller: Caller }
  | { state: 'expired' }
  | { state: 'refused' }
  | { state: 'unreachable'; reason: string };

interface Viewer {
  user: {
    username: string;
    isSuperAdmin: boolean | null;
    groups: { permissions: string[]; datacenters: { name: string }[] }[] | null;
  };
  currentDatacenter: { name: string };
  permissions: string[] | null;
}

const QUERY = `{
  viewer {
    user { username isSuperAdmin groups { permissions datacenters { name } } }
    currentDatacenter { name }
    permissions
  }
}`;

interface Answer<T> {
  status: number;
  data?: T | null;
  errors?: { message: string }[];
}

/** Asks the gateway on behalf of the page itself; null when it does not answer. */
export async function ask<T>(token: string, query: string, variables: Record<string, unknown> = {}, signal: AbortSignal | null = null): Promise<Answer<T> | null> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    return { ...((await response.json()) as Omit<Answer<T>, 'status'>), status: response.status };
  } catch {
    return null;
  }
}

/** Asks the gateway whose token this is. */
export async function whoAmI(token: string, signal?: AbortSignal): Promise<SignIn> {
  const answer = await ask<{ viewer?: Viewer }>(token, QUERY, {}, signal);
  if (answer === null) return { state: 'unreachable', reason: 'The gateway does not answer.' };
  const { status, data, errors } = answer;
  if (status === 401) return { state: isPast(expiryOf(token)) ? 'expired' : 'refused' };
  if (!data?.viewer) return { state: 'unreachable', reason: errors?.[0]?.message ?? `The gateway answers with ${status}.` };
  return { state: 'signed-in', caller: callerOf(data.viewer) };
}

function callerOf({ user, currentDatacenter, permissions }: Viewer): Caller {
  const held = new Map<string, readonly string[]>([[currentDatacenter.name, permissions ?? []]]);
  for (const group of user.groups ?? []) {
    for (const { name } of group.datacenters) if (name !== currentDatacenter.name) held.set(name, [...(held.get(name) ?? []), ...group.permissions]);
  }
  const [[datacenter, most] = [currentDatacenter.name, []]] = [...held].toSorted(([, one], [, other]) => powerOf(other) - powerOf(one));
  return { username: user.username, isSuperAdmin: user.isSuperAdmin === true, permissions: most, datacenter };
}

// IMAGE_ADMIN allows nothing without ADMIN, and IMAGE_IMPORT_ADMIN nothing without both.
function powerOf(permissions: readonly string[]): number {
  const missing = ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'].findIndex((permission) => !permissions.includes(permission));
  return missing === -1 ? 3 : missing;
}

function isPast(time: number | null): boolean {
  return time !== null && time <= Date.now();
}
