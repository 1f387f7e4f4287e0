import type { FormEvent, ReactNode } from 'react';
import { useState } from 'react';
import { type Tour, TOURS } from './steps';
import { localStore, sessionStore } from './storage';
import { readToken } from './token';
import type { SignIn } from './who-am-i';

interface SignInBarProps {
  signIn: SignIn;
  /** Why a sign-in through the provider failed. */
  problem: string | null;
  onToken(token: string): void;
  /** Null: no provider is configured. */
  onProvider: (() => void) | null;
  /** On the way to the provider. */
  isLeaving: boolean;
  onSignOut(): void;
  tour: Tour;
  onTour(tour: Tour): void;
}

/** The line above GraphiQL: who asks, and the way in and out. */
export function SignInBar({ signIn, problem, onToken, onProvider, isLeaving, onSignOut, tour, onTour }: SignInBarProps): ReactNode {
  return (
    <header className="sign-in-bar">
      <h1>Image gateway</h1>
      <span role="status" data-state={signIn.state}>
        {describe(signIn, onProvider !== null)}
      </span>
      {problem === null || signIn.state === 'signed-in' ? null : (
        <span role="alert" data-state="refused">
          The sign-in failed: {problem}
        </span>
      )}
      {localStore.isLasting && sessionStore.isLasting ? null : (
        <span role="note" data-state="forgetful">
          This browser lets the page store nothing: your sign-in and your tabs end with the page.
        </span>
      )}
      {WITHOUT_CALLER.includes(signIn.state) ? (
        <>
          {onProvider === null ? null : (
            <button type="button" onClick={onProvider} disabled={isLeaving}>
              {isLeaving ? 'Asking the provider …' : 'Sign in at the provider'}
            </button>
          )}
          <TokenField onToken={onToken} />
        </>
      ) : null}
      <span className="spacer" />
      <label>
        Tour for{' '}
        <select value={tour} onChange={(event) => onTour(event.target.value as Tour)}>
          {Object.entries(TOURS).map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <button type="button" onClick={() => onTour(tour)}>
        Restart the tour
      </button>
      {signIn.state === 'anonymous' ? null : (
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      )}
    </header>
  );
}

function TokenField({ onToken }: { onToken(token: string): void }): ReactNode {
  const [text, setText] = useState('');
  const token = readToken(text);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (token !== null) onToken(token);
  }
  return (
    <form onSubmit={submit}>
      <input
        type="password"
        aria-label="Token or API key"
        placeholder="Token or API key"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" disabled={token === null}>
        Sign in
      </button>
    </form>
  );
}

/** States in which another token is asked for. */
const WITHOUT_CALLER: readonly SignIn['state'][] = ['anonymous', 'refused', 'expired'];

function describe(signIn: SignIn, hasProvider: boolean): ReactNode {
  const ways = hasProvider ? 'sign in at the provider, or paste' : 'paste';
  switch (signIn.state) {
    case 'anonymous':
      return `You are not signed in. Open the link printed at the first start of the gateway, ${hasProvider ? '' : 'or '}${ways} a token or API key.`;
    case 'checking':
      return 'Signing in …';
    case 'signed-in':
      return (
        <>
          Signed in as <b>{signIn.caller.username}</b>
        </>
      );
    case 'expired':
      return `Your token has expired; your tabs stay. To go on, ${ways} a new one.`;
    case 'refused':
      return `This token is not accepted: it may be mistyped or revoked. To go on, ${ways} another.`;
    case 'unreachable':
      return `${signIn.reason} Reload the page to try again.`;
  }
}
