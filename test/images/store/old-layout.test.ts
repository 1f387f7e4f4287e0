import { rename, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../../src/entities.js';
import { type DatabaseTarget, openDatabase } from '../../../src/platform/database/database.js';
import { World } from '../../support/world.js';

const LOCAL = 'query { imageRepository(name: "img01") { images(first: 200) { nodes { name importable } } } }';
const IMPORT = 'mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "img01", uuid: $uuid, datacenter: "main" }) { task { id } } }';

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.close());

function executing(...statements: string[]) {
  return async (target: DatabaseTarget): Promise<void> => {
    const database = await openDatabase(target, ENTITIES);
    for (const statement of statements) await database.em.getConnection().execute(statement);
    await database.close(true);
  };
}

async function listed(): Promise<string[]> {
  await world.loadRepository('img01');
  const { imageRepository } = await world.admin.run(LOCAL);
  return imageRepository.images.nodes.map(({ name, importable }: { name: string; importable: boolean }) => `${name} ${importable}`);
}

async function ended(mutation: string, field: string): Promise<unknown> {
  const data = await world.admin.run(`mutation { ${mutation} { task { id } } }`);
  return world.admin.ended(data[field].task.id);
}

async function served(uuid: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${world.gateway.url}/imgapi/images/${uuid}/file`)).arrayBuffer());
}

describe('a store that an earlier version has written', () => {
  it('goes on as it is: its images are served, listed, verified, changed and deleted', async () => {
    const offered = world.offer({ name: 'old' });
    const { uuid } = await world.image('old', { access: 'PUBLIC' }, offered);
    const [folder, pair] = [await world.folderOfImage(uuid), join(world.folder.path, 'images', uuid)];
    for (const name of ['file', 'manifest']) await rename(join(folder, name), join(pair, name));
    await rmdir(folder);
    await world.restart(executing(`update image set file_key = null where uuid = '${uuid}'`));
    expect((await served(uuid)).equals(offered.file)).toBe(true);
    expect(await world.admin.run('{ image(name: "old") { file { available } } }')).toEqual({ image: { file: { available: true } } });
    // In the catalogue already.
    expect(await listed()).toContain('old false');
    expect(await ended('verifyImage(name: "old")', 'verifyImage')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await ended('updateImage(input: { name: "old", description: "changed" })', 'updateImage')).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(await world.storedManifest(uuid))).toMatchObject({ description: 'changed' });
    expect(await ended('deleteImage(input: { name: "old" })', 'deleteImage')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.stored()).not.toContain(uuid);
  });
});

describe('a catalogue that was restored to an earlier state', () => {
  it('finds what was imported since in the local repository, and takes it as it lies', async () => {
    const offered = world.offer({ name: 'since' });
    const { uuid } = await world.image('since', {}, offered);
    const folder = await world.folderOfImage(uuid);
    await world.restart(executing(`delete from task where image_name = 'since'`, `delete from image where uuid = '${uuid}'`));
    expect(await listed()).toContain('since true');
    const asked = world.repository.requests.length;
    const { importRepositoryImage } = await world.admin.run(IMPORT, { uuid });
    expect(await world.admin.ended(importRepositoryImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect([(await served(uuid)).equals(offered.file), world.repository.requests.length - asked, basename(await world.folderOfImage(uuid))]).toEqual([true, 0, basename(folder)]);
  });
});
