import { World } from '../support/world.js';

/** Two images that admin owns, and how often a client has asked the gateway. */
export interface ImageWorld {
  world: World;
  names: readonly [string, string];
  /** Sends with the key of admin; a client takes it in place of the global one. */
  fetch: typeof globalThis.fetch;
  requests: () => number;
}

/** A gateway without an image server, so that nothing waits for bytes. */
export async function startImageWorld(): Promise<ImageWorld> {
  const world = await World.start({ imageServer: false });
  const names = [(await world.image('first')).name, (await world.image('second')).name] as const;
  let sent = 0;
  return {
    world,
    names,
    fetch: async (input, init) => {
      sent += 1;
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${world.admin.key}`);
      return globalThis.fetch(input, { ...init, headers });
    },
    requests: () => sent,
  };
}

/** The fields of an image that every list and detail here shows. */
export interface ShownImage {
  id: string;
  name: string;
  alias: string;
}
