import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { useMonaco } from '@graphiql/react';
import type { Fetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import type { ReactNode } from 'react';
import { useEffect, useMemo, useState } from 'react';
import { editorStorage, noteTabs } from './editor-storage';
import { fetcherWith } from './fetcher';
import type { Provider } from './provider';
import { SignInBar } from './sign-in-bar';
import { stepsOf } from './steps';
import { SwitchDialog } from './switch-dialog';
import { signInFromAddress } from './token';
import { openedTour } from './tour';
import { useLeaving, useSession } from './use-session';
import { useSignIn } from './use-sign-in';
import type { SignIn } from './who-am-i';

// One of each for the whole visit: a plugin made anew would lose what it shows.
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

export interface AppProps {
  /** What the gateway says of the stored token; null: there is none. */
  signIn: SignIn | null;
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
  const [offered, setOffered] = useState(props.offered);
  const { session, load, acceptToken, switchTo, signOut, openTour } = useSession(props.signIn);
  const { problem, isLeaving, leave } = useLeaving(provider, props.problem);
  const { token, answer } = session;
  const [signIn, askAgain] = useSignIn(token, answer);
  const [offeredSignIn] = useSignIn(offered, null);
  const fetcher = useMemo(() => fetcherWith(token, askAgain), [token, askAgain]);
  useEffect(() => followLinks(setOffered), []);

  function acceptOffer(other: string): void {
    setOffered(null);
    switchTo(other);
  }

  return (
    <>
      {offered === null ? null : (
        <SwitchDialog key={offered} present={signIn} offered={offeredSignIn} onKeep={() => setOffered(null)} onSwitch={() => acceptOffer(offered)} />
      )}
      <SignInBar
        signIn={signIn}
        problem={problem}
        onToken={(pasted) => void acceptToken(pasted)}
        onProvider={provider === null ? null : leave}
        isLeaving={isLeaving}
        onSignOut={signOut}
        tour={openedTour()}
        onTour={(tour) => void openTour(tour, signIn)}
      />
      <main>
        <Editors key={load} fetcher={fetcher} readsSchema={token !== null && !isRefusal(answer)} />
      </main>
    </>
  );
}

function Editors({ fetcher, readsSchema }: { fetcher: Fetcher; readsSchema: boolean }): ReactNode {
  useLineWrapping();
  return (
    <GraphiQL
      plugins={PLUGINS}
      fetcher={fetcher}
      schema={readsSchema ? undefined : null}
      schemaDescription
      inputValueDeprecation
      defaultTabs={stepsOf(openedTour())}
      storage={editorStorage}
      onTabChange={({ tabs, activeTabIndex }) => noteTabs(tabs, activeTabIndex)}
      customScalarSchemas={{ JSON: {} }}
      defaultEditorToolsVisibility="variables"
    >
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/** Breaks long lines, which a narrow editor would cut off; on a phone, the numbers of lines make room for them. */
function useLineWrapping(): void {
  const monaco = useMonaco((state) => state.monaco);
  useEffect(() => {
    if (monaco === undefined) return;
    const onPhone = window.matchMedia('(max-width: 720px)').matches;
    const options = { wordWrap: 'on', lineNumbers: onPhone ? 'off' : 'on', folding: !onPhone } as const;
    for (const editor of monaco.editor.getEditors()) editor.updateOptions(options);
    const watch = monaco.editor.onDidCreateEditor((editor) => editor.updateOptions(options));
    return () => watch.dispose();
  }, [monaco]);
}

// Not for a token that expires later: the schema that was read stays.
function isRefusal(answer: SignIn | null): boolean {
  return answer?.state === 'refused' || answer?.state === 'expired';
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
