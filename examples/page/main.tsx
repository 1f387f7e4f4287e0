// Lists the images that can be used in a datacenter, and follows them. See vite.config.ts for how to look at it.
import { type FormEvent, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { connect } from '../../sdk/src/index.ts';
import type { ImageLineFragment, Sdk } from '../../sdk/src/index.ts';

/** The usable images by name, as they are at this moment; null until they have come. `error` says why they cannot. */
function useImages(gateway: Sdk, datacenter: string): { images: readonly ImageLineFragment[] | null; error: string | null } {
  const [state, setState] = useState<ReturnType<typeof useImages>>({ images: null, error: null });
  useEffect(() => {
    let isGone = false;
    const load = async (): Promise<void> => {
      const { usableImages } = await gateway.usableImages({ datacenter });
      if (!isGone) setState({ images: usableImages?.nodes ?? [], error: null });
    };
    // Whatever changed, the list is asked for anew: only the gateway knows what this caller may use.
    const events = gateway.followImages({ datacenter })[Symbol.asyncIterator]();
    const follow = async (): Promise<void> => {
      for (;;) {
        const event = events.next();
        await load();
        if (isGone || (await event).done) return;
      }
    };
    follow().catch((reason: unknown) => !isGone && setState({ images: null, error: String(reason) }));
    return () => {
      isGone = true;
      void events.return?.();
    };
  }, [gateway, datacenter]);
  return state;
}

function ImageList({ gateway }: { gateway: Sdk }) {
  const { images, error } = useImages(gateway, 'main');
  if (error !== null) return <p role="alert">{error}</p>;
  if (images === null) return <p role="status">Loading …</p>;
  return <ul>{images.map(({ uuid, alias, version, osType }) => <li key={uuid}>{alias} {version} ({osType})</li>)}</ul>;
}

function App() {
  const [gateway, setGateway] = useState<Sdk | null>(null);
  if (gateway !== null) return <ImageList gateway={gateway} />;
  const signIn = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token'));
    setGateway(connect({ url: location.origin, token }));
  };
  return <form onSubmit={signIn}><label>API key <input name="token" type="password" /></label> <button>Sign in</button></form>;
}

const root = document.querySelector('main');
if (root !== null) createRoot(root).render(<StrictMode><App /></StrictMode>);
