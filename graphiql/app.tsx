import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import type { ReactNode } from 'react';
import { useEffect, useMemo, useState } from 'react';
import { fetcherWith } from './fetcher';
import { SignInBar } from './sign-in-bar';
import { editorStorage } from './storage';
import { SwitchDialog } from './switch-dialog';
import { forgetToken, signInFromAddress, storedToken, storeToken } from './token';
import { chosenTour, startTour, stepsOf, type Tour } from './tour';
import type { SignIn } from './who-am-i';
import { whoAmI } from './who-am-i';

// One of each for the whole visit: a plugin made anew would lose what it shows.
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

/**
 * GraphiQL under a line that shows who is signed in; the schema is read only with a token, and again with each new one. `offered`:
 * the token of a link that was opened while somebody else is signed in.
 */
export function App(props: { offered: string | null }): ReactNode {
  const [token, setToken] = useState(storedToken);
  const [offered, setOffered] = useState(props.offered);
  const signIn = useSignIn(token);
  const offeredSignIn = useSignIn(offered);
  const fetcher = useMemo(() => fetcherWith(token), [token]);
  useEffect(() => followLinks(setOffered), []);

  function acceptToken(pasted: string): void {
    storeToken(pasted);
    setToken(pasted);
  }

  return (
    <>
      {offered === null ? null : (
        <SwitchDialog key={offered} present={signIn} offered={offeredSignIn} onKeep={() => setOffered(null)} onSwitch={() => signInAnew(offered)} />
      )}
      <SignInBar signIn={signIn} onToken={acceptToken} onSignOut={signOut} tour={chosenTour()} onTour={tourAnew} />
      <main>
        <GraphiQL
          plugins={PLUGINS}
          fetcher={fetcher}
          schema={token === null ? null : undefined}
          schemaDescription
          inputValueDeprecation
          defaultTabs={stepsOf(chosenTour())}
          storage={editorStorage}
          customScalarSchemas={{ JSON: {} }}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

function useSignIn(token: string | null): SignIn {
  const [signIn, setSignIn] = useState<SignIn>({ state: token === null ? 'anonymous' : 'checking' });
  useEffect(() => {
    if (token === null) {
      setSignIn({ state: 'anonymous' });
      return;
    }
    setSignIn({ state: 'checking' });
    const abandoned = new AbortController();
    void whoAmI(token, abandoned.signal).then((answer) => {
      // The answer for an older token must not overwrite that of the newer one.
      if (!abandoned.signal.aborted) setSignIn(answer);
    });
    return () => abandoned.abort();
  }, [token]);
  return signIn;
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

function tourAnew(tour: Tour): void {
  startTour(tour);
  location.reload();
}
