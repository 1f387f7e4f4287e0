import { sessionStore } from './storage';

const KEY = 'token';

/** Takes a token or API key as pasted, with or without "Bearer"; null when it cannot be sent in a header. */
export function readToken(pasted: string): string | null {
  const token = pasted.trim().replace(/^Bearer\s+/i, '');
  return /^[\x21-\x7e]+$/.test(token) ? token : null;
}

/** When a JWT expires, in ms since 1970; null for an API key and for a token that does not say. Nothing is verified here: that is for the gateway. */
export function expiryOf(token: string): number | null {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : null;
  } catch {
    return null;
  }
}

/**
 * Moves the token of a link such as `/graphiql/#token=…` out of the address, so that it is neither bookmarked nor shared by mistake.
 * Null when the address carries none; every other fragment is left alone.
 */
function takeTokenFromAddress(): string | null {
  // A plus sign is part of the token here, not a space as in a form.
  const fragment = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B'));
  const carried = fragment.get('token');
  if (carried === null) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return readToken(carried);
}

/**
 * Signs in with the token of a link where nobody is signed in yet. Answers one that would take the place of another sign-in, which
 * is for the person to decide; null when there is nothing to ask.
 */
export function signInFromAddress(): { offered: string | null; isNew: boolean } {
  const carried = takeTokenFromAddress();
  const held = storedToken();
  if (carried === null || carried === held) return { offered: null, isNew: false };
  if (held !== null) return { offered: carried, isNew: false };
  storeToken(carried);
  return { offered: null, isNew: true };
}

/** The token of this browser tab; it ends with the tab and is never written to disk by us. */
export function storedToken(): string | null {
  return sessionStore.getItem(KEY);
}

export function storeToken(token: string): void {
  sessionStore.setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStore.removeItem(KEY);
}
