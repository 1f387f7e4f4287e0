import { TestClient } from '../support/gateway.js';
import { IMPORTER, type OfferedImage, World } from '../support/world.js';

/**
 * A anonymous · U plain user with access to north · O owner of an image, no roles · D DCAdmin · I ImageAdmin · X ImageAdmin
 * of south only, with access to north · Z the same without access · M Importer · N IMAGE_ADMIN without ADMIN · S SuperAdmin
 */
export const PERSONAS = ['A', 'U', 'O', 'D', 'I', 'X', 'Z', 'M', 'N', 'S'] as const;
export type Persona = (typeof PERSONAS)[number];

const GROUPS: [name: string, permissions: readonly string[], users: string[], datacenter: string][] = [
  ['north-users', [], ['U', 'O', 'X'], 'north'],
  ['north-admins', ['ADMIN'], ['D'], 'north'],
  ['north-images', ['ADMIN', 'IMAGE_ADMIN'], ['I'], 'north'],
  ['north-imports', IMPORTER, ['M'], 'north'],
  ['north-half', ['IMAGE_ADMIN'], ['N'], 'north'],
  ['south-images', ['ADMIN', 'IMAGE_ADMIN'], ['X', 'Z'], 'south'],
];

/** Bound to the datacenter named, attached to those listed. */
export interface ImageFacts {
  name: string;
  access: string;
  owner: string;
  bound: string | null;
  attached: string[];
}

const IMAGES: ImageFacts[] = [
  { name: 'public', access: 'PUBLIC', owner: 'admin', bound: 'north', attached: [] },
  { name: 'private', access: 'PRIVATE', owner: 'O', bound: 'north', attached: [] },
  { name: 'foreign', access: 'PRIVATE', owner: 'admin', bound: 'north', attached: [] },
  { name: 'unbound', access: 'PUBLIC', owner: 'admin', bound: null, attached: ['north'] },
  { name: 'deleted', access: 'DELETED', owner: 'O', bound: 'north', attached: [] },
  { name: 'deleted-unbound', access: 'DELETED', owner: 'O', bound: null, attached: ['north'] },
  { name: 'southern', access: 'PUBLIC', owner: 'admin', bound: 'south', attached: [] },
  { name: 'southern-deleted', access: 'DELETED', owner: 'admin', bound: 'south', attached: [] },
  { name: 'loose', access: 'PUBLIC', owner: 'O', bound: null, attached: [] },
];

export interface PersonaWorld {
  world: World;
  clients: Record<Persona, TestClient>;
}

/** A world with one client for each persona, images of each kind, and servers in north; with no image server, so that nothing waits for bytes. */
export async function startPersonas(): Promise<PersonaWorld> {
  const world = await World.start({ datacenter: 'north', imageServer: false });
  const clients: Partial<PersonaWorld['clients']> = { A: new TestClient(world.gateway.url, null), S: world.admin };
  for (const username of PERSONAS.filter((one) => one !== 'A' && one !== 'S')) clients[username] = (await world.person(username)).client;
  for (const [name, permissions, users, datacenter] of GROUPS) await world.group(name, permissions, users, [datacenter]);
  for (const image of IMAGES) await createImage(world, image);
  for (const [n, hostname, owner] of [[1, 'u-server', 'U'], [2, 'admin-server', 'admin']]) {
    await world.server(String(hostname), { uuid: `aaaaaaaa-0000-4000-8000-00000000000${n}`, owner, image: 'public' });
    await world.snapshot(String(hostname), 'daily', { size: 1 });
  }
  world.offer({ name: 'offered', version: '1' });
  await world.addRepository('remote');
  await world.loadRepository('remote');
  return { world, clients: clients as PersonaWorld['clients'] };
}

export async function createImage(world: World, { name, access, owner, bound, attached }: ImageFacts): Promise<void> {
  await world.image(name, { access, owner, datacenter: bound, dcBound: bound !== null });
  await world.attach(name, ...attached);
}

/** A further image in the repository, and in its list as the gateway knows it. */
export async function offerLoaded(world: World, name: string): Promise<OfferedImage> {
  const offered = world.offer({ name, version: '1' });
  await world.loadRepository('remote');
  return offered;
}
