import { useState } from 'react';
import { closeStorage, reopenStorage, storeTabsNow } from './editor-storage';
import { leaveForSignIn, type Provider, reasonOf } from './provider';
import type { Tour } from './steps';
import { sessionStore } from './storage';
import { forgetToken, storedToken, storeToken } from './token';
import { beginTour, startTour } from './tour';
import { type SignIn, whoAmI } from './who-am-i';

/** Longer than GraphiQL waits before it stores what was typed. */
const LATE_WRITES_MS = 1000;

interface Session {
  token: string | null;
  /** What the gateway has said of the token; null: it has not been asked. */
  answer: SignIn | null;
}

interface SessionControl {
  session: Session;
  /** Grows when the editors must be made anew. */
  load: number;
  acceptToken(pasted: string): Promise<void>;
  switchTo(token: string): void;
  signOut(): void;
  openTour(tour: Tour, signIn: SignIn): Promise<void>;
}

/** The token of this page and all that replaces it. Whatever replaces it, the tabs that were edited stay. */
export function useSession(signIn: SignIn | null): SessionControl {
  const [session, setSession] = useState<Session>({ token: storedToken(), answer: signIn });
  const [load, setLoad] = useState(0);

  /** Makes the editors anew: the tabs of another tour show only then. */
  function beginAnew(next: Session): void {
    closeStorage();
    setSession(next);
    setLoad((before) => before + 1);
    setTimeout(reopenStorage, LATE_WRITES_MS);
  }

  // A load drops all that the former caller has seen. Where the browser stores nothing, it would drop the tabs, too.
  function leaveCaller(next: Session): void {
    if (!sessionStore.isLasting) return beginAnew(next);
    closeStorage();
    location.reload();
  }

  return {
    session,
    load,
    async acceptToken(pasted) {
      const answer = await whoAmI(pasted);
      storeToken(pasted);
      if (answer.state === 'signed-in' && (await beginTour(pasted, answer.caller))) beginAnew({ token: pasted, answer });
      else setSession({ token: pasted, answer });
    },
    switchTo(token) {
      storeTabsNow();
      storeToken(token);
      leaveCaller({ token, answer: null });
    },
    signOut() {
      storeTabsNow();
      forgetToken();
      leaveCaller({ token: null, answer: null });
    },
    async openTour(tour, present) {
      await startTour(tour, session.token, present.state === 'signed-in' ? present.caller : null);
      beginAnew(session);
    },
  };
}

/** The way to the provider: `leave` takes it, and `problem` says why it, or the last one, has failed. */
export function useLeaving(provider: Provider | null, formerProblem: string | null): { problem: string | null; isLeaving: boolean; leave: () => void } {
  const [problem, setProblem] = useState(formerProblem);
  const [isLeaving, setLeaving] = useState(false);
  function leave(): void {
    if (provider === null) return;
    setLeaving(true);
    setProblem(null);
    leaveForSignIn(provider).catch((error: unknown) => {
      setProblem(reasonOf(error));
      setLeaving(false);
    });
  }
  return { problem, isLeaving, leave };
}
