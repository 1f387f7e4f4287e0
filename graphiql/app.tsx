import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import type { ReactNode } from 'react';
import { useEffect, useMemo, useState } from 'react';
import { fetcherWith } from './fetcher';
import { SignInBar } from './sign-in-bar';
import { editorStorage } from './storage';
import { forgetToken, storedToken, storeToken, takeTokenFromAddress } from './token';
import { chosenTour, startTour, stepsOf, type Tour } from './tour';
import type { SignIn } from './who-am-i';
import { whoAmI } from './who-am-i';

// One of each for the whole visit: a plugin made anew would lose what it shows.
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

/** GraphiQL under a line that shows who is signed in; the schema is read only with a token, and again with each new one. */
export function App(): ReactNode {
  const [token, setToken] = useState(storedToken);
  const signIn = useSignIn(token);
  const fetcher = useMemo(() => fetcherWith(token), [token]);
  useEffect(followLinks, []);

  function acceptToken(pasted: string): void {
    storeToken(pasted);
    setToken(pasted);
  }

  return (
    <>
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
    if (token === null) return;
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

/** A sign-in link opened over this page changes only the fragment: the page loads anew, so that nothing of the former caller stays. */
function followLinks(): () => void {
  function follow(): void {
    const carried = takeTokenFromAddress();
    if (carried === null) return;
    storeToken(carried);
    location.reload();
  }
  window.addEventListener('hashchange', follow);
  return () => window.removeEventListener('hashchange', follow);
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
