import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import type { Fetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import type { ReactNode } from 'react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { fetcherWith } from './fetcher';
import { SignInBar } from './sign-in-bar';
import { closeStorage, editorStorage } from './storage';
import { noteTabs } from './tabs';
import { SwitchDialog } from './switch-dialog';
import { leaveForSignIn, type Provider } from './provider';
import { expiryOf, forgetToken, signInFromAddress, storedToken, storeToken } from './token';
import { beginTour, openedTour, startTour, stepsOf, type Tour } from './tour';
import type { SignIn } from './who-am-i';
import { whoAmI } from './who-am-i';

// One of each for the whole visit: a plugin made anew would lose what it shows.
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

/** Longer than the gateway still takes a token that has expired. */
const EXPIRY_MARGIN_MS = 11_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface AppProps {
  /** The token of a link that was opened while somebody else is signed in. */
  offered: string | null;
  /** Through which people can sign in, if one is configured. */
  provider: Provider | null;
  /** Why the sign-in through it failed just now. */
  problem: string | null;
}

/** GraphiQL under a line that shows who is signed in; the schema is read only with a token, and again with each new one. */
export function App(props: AppProps): ReactNode {
  const { provider } = props;
  const [token, setToken] = useState(storedToken);
  const [offered, setOffered] = useState(props.offered);
  const [problem, setProblem] = useState(props.problem);
  const [signIn, lookAgain] = useSignIn(token);
  const [offeredSignIn] = useSignIn(offered);
  const fetcher = useMemo(() => fetcherWith(token, lookAgain), [token, lookAgain]);
  useEffect(() => followLinks(setOffered), []);

  async function acceptToken(pasted: string): Promise<void> {
    storeToken(pasted);
    setProblem(null);
    const answer = await whoAmI(pasted);
    // The tabs of another tour show only after a load.
    if (answer.state === 'signed-in' && beginTour(answer.caller)) loadAnew();
    else setToken(pasted);
  }

  function signInAtProvider(): void {
    if (provider !== null) leaveForSignIn(provider).catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  }

  return (
    <>
      {offered === null ? null : (
        <SwitchDialog key={offered} present={signIn} offered={offeredSignIn} onKeep={() => setOffered(null)} onSwitch={() => signInAnew(offered)} />
      )}
      <SignInBar
        signIn={signIn}
        problem={problem}
        onToken={(pasted) => void acceptToken(pasted)}
        onProvider={provider === null ? null : signInAtProvider}
        onSignOut={signOut}
        tour={openedTour()}
        onTour={tourAnew}
      />
      <main>
        <Editors fetcher={fetcher} isSignedIn={token !== null} />
      </main>
    </>
  );
}

function Editors({ fetcher, isSignedIn }: { fetcher: Fetcher; isSignedIn: boolean }): ReactNode {
  return (
    <GraphiQL
      plugins={PLUGINS}
      fetcher={fetcher}
      schema={isSignedIn ? undefined : null}
      schemaDescription
      inputValueDeprecation
      defaultTabs={stepsOf(openedTour())}
      storage={editorStorage}
      onTabChange={({ tabs }) => noteTabs(tabs)}
      customScalarSchemas={{ JSON: {} }}
      defaultEditorToolsVisibility="variables"
    >
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/** Whom a token signs in; `lookAgain` asks the gateway once more. It is also asked when the token expires. */
function useSignIn(token: string | null): [SignIn, lookAgain: () => void] {
  const [signIn, setSignIn] = useState<SignIn>({ state: token === null ? 'anonymous' : 'checking' });
  const [looks, setLooks] = useState(0);
  const lookAgain = useCallback(() => setLooks((before) => before + 1), []);
  useEffect(() => setSignIn({ state: token === null ? 'anonymous' : 'checking' }), [token]);
  useEffect(() => {
    if (token === null) return;
    const abandoned = new AbortController();
    void whoAmI(token, abandoned.signal).then((answer) => {
      // The answer for an older token must not overwrite that of the newer one.
      if (!abandoned.signal.aborted) setSignIn(answer);
    });
    return () => abandoned.abort();
  }, [token, looks]);
  useEffect(() => {
    const expiry = token === null ? null : expiryOf(token);
    const left = expiry === null ? LONGEST_TIMER_MS : expiry - Date.now() + EXPIRY_MARGIN_MS;
    if (left < 0 || left >= LONGEST_TIMER_MS) return;
    const timer = setTimeout(lookAgain, left);
    return () => clearTimeout(timer);
  }, [token, lookAgain]);
  return [signIn, lookAgain];
}

/** A sign-in link opened over this page changes only the fragment. */
function followLinks(ask: (offered: string) => void): () => void {
  function follow(): void {
    const { offered, isNew } = signInFromAddress();
    if (isNew) location.reload();
    if (offered !== null) ask(offered);
  }
  window.addEventListener('hashchange', follow);
  return () => window.removeEventListener('hashchange', follow);
}

// The page loads anew, so that nothing of the former caller stays.
function signInAnew(token: string): void {
  storeToken(token);
  location.reload();
}

// A reload closes the sockets and drops the answers on the screen along with the token.
function signOut(): void {
  forgetToken();
  location.reload();
}

function loadAnew(): void {
  closeStorage();
  location.reload();
}

function tourAnew(tour: Tour): void {
  startTour(tour);
  loadAnew();
}
