import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import type { SignIn } from './who-am-i';

interface SwitchDialogProps {
  /** Who is signed in now, and whom the token of the link would sign in. */
  present: SignIn;
  offered: SignIn;
  onKeep(): void;
  onSwitch(): void;
}

/**
 * Asks before the token of a link takes the place of a sign-in: whoever made the link may want others to work under its name.
 * Staying is what Enter and Escape do.
 */
export function SwitchDialog({ present, offered, onKeep, onSwitch }: SwitchDialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="switch-dialog" aria-labelledby="switch-title" aria-describedby="switch-text" onCancel={onKeep}>
      <h2 id="switch-title">Switch to another sign-in?</h2>
      <p id="switch-text">
        You are signed in as {nameOf(present)}. The link that you opened {offerOf(offered)}. Switch only if you trust whoever gave you the link.
      </p>
      <div className="switch-choices">
        <button type="button" autoFocus onClick={onKeep}>
          Stay signed in
        </button>
        <button type="button" onClick={onSwitch}>
          Switch
        </button>
      </div>
    </dialog>
  );
}

function nameOf(signIn: SignIn): ReactNode {
  return signIn.state === 'signed-in' ? <b>{signIn.caller.username}</b> : 'somebody';
}

function offerOf(signIn: SignIn): ReactNode {
  switch (signIn.state) {
    case 'signed-in':
      return (
        <>
          would sign you in as <b>{signIn.caller.username}</b>
        </>
      );
    case 'refused':
      return 'carries a token that is not accepted';
    default:
      return 'carries another token';
  }
}
