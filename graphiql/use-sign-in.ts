import { useCallback, useEffect, useState } from 'react';
import { expiryOf } from './token';
import { type SignIn, whoAmI } from './who-am-i';

/** Longer than the gateway still takes a token that has expired. */
const EXPIRY_MARGIN_MS = 11_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Whom a token signs in. The gateway is asked unless its answer is given, again when `askAgain` is called, and when the token expires.
 */
export function useSignIn(token: string | null, answer: SignIn | null): [SignIn, askAgain: () => void] {
  const [signIn, setSignIn] = useState<SignIn>(answer ?? beforeAnswer(token));
  const [asked, setAsked] = useState<{ token: string | null } | null>(null);
  const askAgain = useCallback(() => setAsked({ token }), [token]);
  useEffect(() => setSignIn(answer ?? beforeAnswer(token)), [token, answer]);
  useEffect(() => {
    if (token === null || (answer !== null && asked?.token !== token)) return;
    const abandoned = new AbortController();
    void whoAmI(token, abandoned.signal).then((given) => {
      // The answer for an older token must not overwrite that of the newer one.
      if (!abandoned.signal.aborted) setSignIn(given);
    });
    return () => abandoned.abort();
  }, [token, answer, asked]);
  useEffect(() => {
    const expiry = token === null ? null : expiryOf(token);
    const left = expiry === null ? LONGEST_TIMER_MS : expiry - Date.now() + EXPIRY_MARGIN_MS;
    if (left < 0 || left >= LONGEST_TIMER_MS) return;
    const timer = setTimeout(askAgain, left);
    return () => clearTimeout(timer);
  }, [token, askAgain]);
  return [signIn, askAgain];
}

function beforeAnswer(token: string | null): SignIn {
  return { state: token === null ? 'anonymous' : 'checking' };
}
