// Lists the images that can be used in a datacenter, and follows them. See vite.config.ts for how to look at it.
import { ApolloProvider } from '@apollo/client/react';
import { type FormEvent, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type Connection, connectApollo } from './connect-apollo.ts';
import { useImages } from './use-images.ts';

function ImageList({ socket }: Pick<Connection, 'socket'>) {
  const { images, error } = useImages(socket, 'main');
  if (error !== null) return <p role="alert">{error}</p>;
  if (images === null) return <p role="status">Loading …</p>;
  return <ul>{images.map(({ id, alias, version, osType }) => <li key={id}>{alias} {version} ({osType})</li>)}</ul>;
}

function App() {
  const [connection, setConnection] = useState<Connection | null>(null);
  const signIn = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setConnection(connectApollo(location.origin, String(new FormData(event.currentTarget).get('key'))));
  };
  if (connection !== null) return <ApolloProvider client={connection.client}><ImageList socket={connection.socket} /></ApolloProvider>;
  return <form onSubmit={signIn}><label>API key <input name="key" type="password" /></label> <button>Sign in</button></form>;
}

const root = document.querySelector('main');
if (root !== null) createRoot(root).render(<StrictMode><App /></StrictMode>);
