import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../src/imgapi/manifest.js';
import { isSqlite } from '../../src/platform/database/database.js';
import { createBatchWriter } from '../../src/platform/database/batch-writer.js';
import { ImageRepository } from '../../src/repositories/image-repository.entity.js';
import { StagingGeneration } from '../../src/repositories/refresh/staging-generation.js';
import { contentHash, remoteManifestColumns, toRemoteManifest } from '../../src/repositories/refresh/remote-manifest.js';
import { RepositoryImage } from '../../src/repositories/entries/repository-image.entity.js';
import { purgeRetiredRepositories, retireRepository } from '../../src/repositories/retired-repositories.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { createRefreshWorld, type RefreshWorld } from './refresh-world.js';

function changed(image: PublishedImage, manifest: Record<string, unknown>): PublishedImage {
  return { ...image, manifest: { ...image.manifest, ...manifest } };
}

describe('searching a list that is refreshed', () => {
  let world: RefreshWorld;
  let server: ImgapiRepository;
  let count = 0;

  beforeAll(async () => {
    world = await createRefreshWorld();
    server = await startImgapiRepository({ images: [] });
  });
  afterAll(async () => {
    await server.close();
    await world[Symbol.asyncDispose]();
  });

  async function listed(images: PublishedImage[]) {
    count += 1;
    const row = await world.addRepository({ name: `searched-${count}`, url: server.url });
    const refresh = async (list: PublishedImage[]) => {
      server.images = list;
      return world.as(world.operator).service.refresh(row.name);
    };
    await refresh(images);
    const found = async (search: string): Promise<(string | undefined)[]> => {
      const selection = { items: true, totalCount: false, fields: new Set(['version']) };
      const list = await world.as(world.operator).entries.page(await world.repository(row.name), { page: { first: 50 }, filter: { search }, selection });
      return list.nodes.map((node) => node.version).sort();
    };
    return { row, refresh, found };
  }

  /** Ids that the search index of SQLite has, and those that it should have. */
  async function index(): Promise<{ has: number[]; should: number[] }> {
    if (!isSqlite(world.database.em)) return { has: [], should: [] };
    const ids = async (text: string) => (await world.database.em.fork().getConnection().execute<{ id: number }[]>(text)).map(({ id }) => id);
    return {
      has: await ids('select distinct doc as id from repository_image_search_term order by 1'),
      should: await ids('select distinct coalesce(nullif(search_id, 0), id) as id from repository_image order by 1'),
    };
  }

  async function expectTrueIndex(): Promise<void> {
    const { has, should } = await index();
    expect(has).toEqual(should);
  }

  /** Writes what a refresh has written when it is killed before it shows the next generation. */
  async function writeHalf({ id }: { id: number }, images: readonly PublishedImage[]): Promise<void> {
    const em = world.database.em.fork();
    const repository = await em.findOneOrFail(ImageRepository, id);
    await using writer = createBatchWriter(world.database);
    const next = new StagingGeneration(em, writer, repository, repository.generation + 1);
    for (const { manifest } of images) {
      const reading = readManifest(manifest);
      if (!reading.ok) throw new Error(reading.reason);
      const present = await em.findOne(RepositoryImage, { repository: id, uuid: reading.manifest.uuid });
      const remote = toRemoteManifest(reading.manifest, JSON.stringify(manifest));
      next.add(remoteManifestColumns(remote, contentHash(remote)), present?.id ?? null);
    }
    await next.flush();
    await next.drain();
  }

  it('finds an entry by a text that it kept over several refreshes, and by a new one', async () => {
    const [zebra, lion] = [makeImage({ name: 'zebra', version: '1' }), makeImage({ name: 'lion', version: '1' })];
    const { refresh, found } = await listed([zebra, lion]);
    expect(await refresh([changed(zebra, { version: '2' }), changed(lion, { version: '2', description: 'with a mane' })])).toMatchObject({ changed: 2 });
    expect([await found('zebra'), await found('lion'), await found('mane')]).toEqual([['2'], ['2'], ['2']]);
    expect(await refresh([changed(zebra, { version: '3' }), changed(lion, { version: '3' })])).toMatchObject({ changed: 2 });
    expect([await found('zebra'), await found('ze'), await found('lion'), await found('mane')]).toEqual([['3'], ['3'], ['3'], []]);
    await expectTrueIndex();
  });

  it('removes a text from the index with the last entry that has it', async () => {
    const image = makeImage({ name: 'giraffe', version: '1' });
    const { refresh, found } = await listed([image]);
    await refresh([changed(image, { version: '2' })]);
    await refresh([]);
    expect(await found('giraffe')).toEqual([]);
    await expectTrueIndex();
    await refresh([changed(image, { version: '3' })]);
    expect(await found('giraffe')).toEqual(['3']);
    await expectTrueIndex();
  });

  it('finds what the old list has until the new one is shown, whatever a killed refresh has written', async () => {
    const [kept, reworded] = [makeImage({ name: 'walrus', version: '1' }), makeImage({ name: 'otter', version: '1' })];
    const { row, refresh, found } = await listed([kept, reworded]);
    const next = [changed(kept, { version: '2' }), changed(reworded, { version: '2', description: 'of the sea' }), makeImage({ name: 'dolphin', version: '2' })];
    await writeHalf(row, next);
    const ofOldList = async () => [await found('walrus'), await found('otter'), await found('of the sea'), await found('dolphin')];
    expect(await ofOldList()).toEqual([['1'], ['1'], [], []]);
    await expectTrueIndex();
    // The next refresh that gets a list undoes that first.
    expect(await refresh([reworded, kept])).toMatchObject({ added: 0, changed: 0, removed: 0 });
    expect(await ofOldList()).toEqual([['1'], ['1'], [], []]);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: row.id })).toBe(2);
    await expectTrueIndex();
    await writeHalf(row, next);
    expect(await refresh(next)).toMatchObject({ added: 1, changed: 2, removed: 0 });
    expect(await ofOldList()).toEqual([['2'], ['2'], ['2'], ['2']]);
    await expectTrueIndex();
  });

  it('leaves nothing in the index of a repository that is retired during a refresh', async () => {
    const images = Array.from({ length: 300 }, (_, at) => makeImage({ name: `heron-${at}`, version: '1', size: 1 }));
    const { row, refresh } = await listed(images);
    await refresh(images.map((image) => changed(image, { version: '2' })));
    await writeHalf(row, images.slice(0, 100));
    await world.database.em.fork().transactional(async (tx) => retireRepository(tx, await tx.findOneOrFail(ImageRepository, row.id)));
    await purgeRetiredRepositories(world.database.em.fork());
    expect(await world.database.em.fork().count(RepositoryImage, { repository: row.id })).toBe(0);
    await expectTrueIndex();
  });

  it('refuses to change the text of an entry that shares its index entry', async () => {
    const image = makeImage({ name: 'badger', version: '1' });
    const { row, refresh } = await listed([image]);
    await refresh([changed(image, { version: '2' })]);
    const renamed = world.database.em.fork().nativeUpdate(RepositoryImage, { repository: row.id }, { searchText: 'another' });
    const outcome = await renamed.then(() => 'changed', (error: unknown) => String(error));
    expect(outcome).toMatch(isSqlite(world.database.em) ? 'keeps its text' : 'changed');
  });
});
