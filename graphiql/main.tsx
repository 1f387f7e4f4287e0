import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './styles.css';
import { createRoot } from 'react-dom/client';
import { keepAccessible } from './accessibility';
import { App } from './app';
import { signInFromAddress } from './token';
import { beginTour } from './tour';

// Before the first render: no request may go out without the token of the link.
const { offered } = signInFromAddress();
beginTour();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
createRoot(root).render(<App offered={offered} />);
keepAccessible(root);
