import type { Answer } from '../support/gateway.js';
import { random } from '../support/random.js';
import { type Fields, World, type WorldOptions } from '../support/world.js';

/** How often each race is run: with both databases and a few runs, what goes wrong once in ten times is found. */
export const ROUNDS = 6;

/** Codes that no race may ever answer with. */
const OURS = ['INTERNAL_SERVER_ERROR', undefined];

/** The private datacenters north, where images and servers go, and south; without an image server unless one is asked for. */
export async function startRaces(options: WorldOptions = {}): Promise<World> {
  const world = await World.start({ datacenter: 'north', imageServer: false, ...options });
  await world.datacenter('south');
  return world;
}

/** A further image that everybody of its datacenter sees; its name. */
export async function publicImage(world: World, fields: Fields = {}): Promise<string> {
  return (await world.image(undefined, { access: 'PUBLIC', ...fields })).name;
}

/** Asks for the import of such an image, whatever comes of it. */
export async function importPublic(world: World, name: string, fields: Fields = {}, offered = world.offer({ name, size: 500 })): Promise<Answer> {
  return world.import(name, { access: 'PUBLIC', ...fields }, offered);
}

/**
 * Sends all at the same time, none always first; the code of each, `data` for who won. A 5xx, an answer without a code and a
 * masked error fail the test.
 */
export async function race(world: World, ...contenders: (() => Promise<Answer>)[]): Promise<string[]> {
  const answers = await Promise.all(
    contenders.map(async (contender) => {
      await new Promise((resolve) => setTimeout(resolve, random() * 8));
      return contender();
    }),
  );
  for (const { status, errors } of answers) {
    const ours = status >= 500 || errors.some((error) => OURS.includes(error.extensions?.code));
    if (ours) throw new Error(`${status} ${JSON.stringify(errors)}\n${await logOf(world, String(errors[0]?.extensions.requestId))}`);
  }
  return answers.map(({ errors }) => errors[0]?.extensions.code ?? 'data');
}

/** What the gateway logged of a request, which may be a moment behind the answer. */
async function logOf({ gateway }: World, requestId: string): Promise<string> {
  for (let wait = 0; wait < 40 && !gateway.output().includes(requestId); wait += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return gateway.output().slice(-3000);
}

/** Runs a race `rounds` times. */
export async function repeat(round: (at: number) => Promise<void>, rounds = ROUNDS): Promise<void> {
  for (let at = 0; at < rounds; at += 1) await round(at);
}
