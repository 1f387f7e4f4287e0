import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './styles.css';
import { createRoot } from 'react-dom/client';
import { keepAccessible } from './accessibility';
import { App } from './app';
import { storeTabsNow } from './editor-storage';
import { configuredProvider, returnFromSignIn } from './provider';
import { signInFromAddress, storedToken, storeToken } from './token';
import { beginTour } from './tour';
import { whoAmI } from './who-am-i';

// Before the first render: no request may go out without the token of the link, and the tour is that of who signs in.
const { offered } = signInFromAddress();
const provider = await configuredProvider();
const returned = await returnFromSignIn(provider);
if (returned !== null && 'token' in returned) storeToken(returned.token);
const token = storedToken();
const signIn = token === null ? null : await whoAmI(token);
await beginTour(token, signIn?.state === 'signed-in' ? signIn.caller : null);
// GraphiQL stores what was typed half a second later, which may be too late.
window.addEventListener('pagehide', storeTabsNow);
// The editor cancels what it was computing for a tab that is closed, and handles that nowhere.
window.addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof Error && event.reason.name === 'Canceled') event.preventDefault();
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
createRoot(root).render(<App signIn={signIn} offered={offered} provider={provider} problem={returned !== null && 'error' in returned ? returned.error : null} />);
keepAccessible(root);
