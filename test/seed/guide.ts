import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestClient } from '../support/gateway.js';
import { makeImage, type PublishedImage } from '../support/make-image.js';
import { type Fields, IMPORTER, World } from '../support/world.js';
import type { Speakers } from './transcript.js';

const OFFERED = ['debian', 'secret', 'spread', 'loose', 'fedora', 'almalinux', 'slow', 'mine', 'gentoo'];
const GROUPS: [name: string, permissions: readonly string[], users: string[], datacenter: string][] = [
  ['users', [], ['uwe', 'olga', 'xena'], 'alpha'],
  ['admins', ['ADMIN'], ['dora'], 'alpha'],
  ['image-admins', ['ADMIN', 'IMAGE_ADMIN'], ['ida'], 'alpha'],
  ['importers', IMPORTER, ['mia'], 'alpha'],
  ['half', ['IMAGE_IMPORT_ADMIN'], ['nina'], 'alpha'],
  ['beta-images', ['ADMIN', 'IMAGE_ADMIN'], ['xena'], 'beta'],
];
const ROLES: Record<string, string> = {
  dora: 'DCAdmin',
  ida: 'ImageAdmin',
  mia: 'Importer',
  uwe: 'user',
  nina: 'IMAGE_IMPORT_ADMIN alone',
  olga: 'owner of secret',
  xena: 'ImageAdmin elsewhere',
};

/** The same image in every run: known uuid, bytes and checksum. */
function knownImage(number: number, name: string): PublishedImage {
  const file = Buffer.alloc(name === 'slow' ? 200_000 : 1000 + number, number);
  const files = [{ sha1: createHash('sha1').update(file).digest('hex'), size: file.length, compression: 'none' }];
  const uuid = `00000000-0000-4000-8000-0000000000${String(number).padStart(2, '0')}`;
  return { ...makeImage({ uuid, name, version: String(number), manifest: { files } }), file };
}

export interface Guide {
  world: World;
  speakers: Speakers;
}

/** The cloud that the user guide is walked through in: datacenters alpha and beta, four images, a server and its snapshot. */
export async function startGuide(): Promise<Guide> {
  const world = await World.start({ datacenter: 'alpha', images: OFFERED.map((name, at) => knownImage(at + 1, name)) });
  const { admin } = world;
  await world.datacenter('beta');
  await admin.run('mutation { switchDatacenter(name: "alpha") { currentDatacenter { name } } }');
  await world.addRepository('demo');
  await world.loadRepository('demo');
  const speakers: Speakers = { admin, nobody: new TestClient(admin.url, null) };
  for (const [username, role] of Object.entries(ROLES)) speakers[`${username} (${role})`] = (await world.person(username)).client;
  for (const [name, permissions, users, datacenter] of GROUPS) await world.group(name, permissions, users, [datacenter]);
  await createImages(world);
  await world.server('web-1', { uuid: '00000000-0000-4000-8000-0000000000a1', owner: 'uwe', tags: ['front'], image: 'debian' });
  await world.snapshot('web-1', 'monday', { dataUrl: `${world.repository.url}/images/00000000-0000-4000-8000-000000000005/file` });
  await placeByHand(world);
  return { world, speakers };
}

async function createImages(world: World): Promise<void> {
  const images: [number: number, name: string, fields: Fields][] = [
    [1, 'debian', { access: 'PUBLIC', alias: 'Debian GNU/Linux', version: '12', tags: ['linux', 'stable'] }],
    [2, 'secret', { owner: 'olga' }],
    [3, 'spread', { access: 'PUBLIC', dcBound: false }],
    [4, 'loose', { access: 'PUBLIC', dcBound: false }],
  ];
  for (const [number, name, fields] of images) await world.image(name, fields, world.repository.images[number - 1]);
  await world.attach('spread', 'alpha', 'beta');
}

/** An image that an operator copied into the store. */
async function placeByHand(world: World): Promise<void> {
  const { manifest, file } = knownImage(10, 'handmade');
  const folder = join(world.folder.path, 'images', manifest.uuid);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'manifest'), JSON.stringify(manifest));
  await writeFile(join(folder, 'file'), file);
}
