import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Viewer } from '../../src/access/viewer.js';
import { Image } from '../../src/images/image.entity.js';
import { readManifest } from '../../src/imgapi/manifest.js';
import type { Connection, PageArgs } from '../../src/platform/database/list/page.js';
import { ImageRepository } from '../../src/repositories/image-repository.entity.js';
import type { ImageRepositoryType } from '../../src/repositories/image-repository.type.js';
import { contentHash, remoteManifestColumns, toRemoteManifest } from '../../src/repositories/refresh/remote-manifest.js';
import { createBatchWriter } from '../../src/platform/database/batch-writer.js';
import { StagingGeneration } from '../../src/repositories/refresh/staging-generation.js';
import type { RepositoryImageFilter, RepositoryImageOrder } from '../../src/repositories/entries/repository-image.inputs.js';
import type { SelectedRepositoryImage } from '../../src/repositories/entries/repository-image.statement.js';
import { type MakeImage, makeImage } from '../support/imgapi-repository.js';
import { createRefreshWorld, type RefreshWorld } from './refresh-world.js';

const ORIGIN = '11111111-1111-4111-8111-111111111111';
const EVERY_FIELD = [
  'name', 'version', 'osType', 'type', 'description', 'homepage', 'size', 'downloadSize', 'state', 'publishedAt', 'origin', 'manifest', 'manifestUrl', 'image',
];
const SELECTION = { fields: new Set(EVERY_FIELD) };
const KNOWN = '22222222-2222-4222-8222-222222222222';

const importer = new Viewer({
  userId: 77,
  username: 'importer',
  isSuperAdmin: false,
  currentDatacenterId: null,
  memberships: [{ id: 1, name: 'main', permissions: new Set(['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN']) }],
});
const admin = new Viewer({
  userId: 78,
  username: 'admin-only',
  isSuperAdmin: false,
  currentDatacenterId: null,
  memberships: [{ id: 1, name: 'main', permissions: new Set(['ADMIN', 'IMAGE_ADMIN']) }],
});

const LISTED: MakeImage[] = [
  ...Array.from({ length: 12 }, (_, at) => ({
    name: `debian-${at % 4}`,
    manifest: { published_at: `2026-0${1 + (at % 3)}-01T00:00:00Z`, image_size: 1024 * (1 + (at % 2)) },
  })),
  { name: 'no-date', manifest: { published_at: undefined } },
  { name: 'ancient', manifest: { published_at: '1969-12-31T00:00:00Z' } },
  { name: 'zone_100%', type: 'zone-dataset', os: 'smartos', manifest: { description: 'Has EVERYTHING inside' } },
  { name: 'container', type: 'docker', os: 'linux' },
  { name: 'fileless', manifest: { files: [] } },
  { name: 'known', uuid: KNOWN },
  { name: 'child', manifest: { origin: ORIGIN } },
  { name: 'grandchild', manifest: { origin: KNOWN } },
];

describe('browsing a repository', () => {
  let world: RefreshWorld;
  let remote: ImageRepositoryType;
  let local: ImageRepositoryType;

  async function fill(facts: { name: string; url: string; isLocal?: boolean }): Promise<ImageRepositoryType> {
    const row = await world.addRepository(facts);
    await using writer = createBatchWriter(world.database);
    const em = world.database.em.fork();
    const next = new StagingGeneration(em, writer, row, 1);
    for (const made of LISTED) {
      const { manifest } = makeImage(made);
      const reading = readManifest(manifest);
      if (!reading.ok) throw new Error(reading.reason);
      const remoteManifest = toRemoteManifest(reading.manifest, JSON.stringify(manifest));
      next.add(remoteManifestColumns(remoteManifest, contentHash(remoteManifest)));
    }
    await next.flush();
    await next.drain();
    await world.database.em.fork().nativeUpdate(ImageRepository, { id: row.id }, { generation: 1, imageCount: LISTED.length, status: 'OK' });
    // The generation after the one shown: nothing of it may be seen.
    const { manifest } = makeImage({ name: 'not-yet' });
    const unseen = readManifest(manifest);
    if (!unseen.ok) throw new Error(unseen.reason);
    const hidden = new StagingGeneration(em, writer, row, 2);
    hidden.add(remoteManifestColumns(toRemoteManifest(unseen.manifest, JSON.stringify(manifest)), 'x'));
    await hidden.flush();
    await hidden.drain();
    return world.repository(facts.name);
  }

  beforeAll(async () => {
    world = await createRefreshWorld();
    const em = world.database.em.fork();
    em.create(Image, {
      uuid: KNOWN, name: 'known', alias: 'known', aliasKey: 'known', version: '1', owner: world.operator.userId, access: 'PRIVATE',
      sizeMib: 1, osType: 'LINUX_VM', searchText: 'known', manifest: '{}',
    });
    await em.flush();
    remote = await fill({ name: 'remote', url: 'https://images.example/prefix/' });
    local = await fill({ name: 'img01', url: 'http://127.0.0.1:4000/imgapi', isLocal: true });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function page(
    args: PageArgs,
    { filter, orderBy, viewer = importer, of = remote }: { filter?: RepositoryImageFilter; orderBy?: RepositoryImageOrder; viewer?: Viewer; of?: ImageRepositoryType } = {},
  ): Promise<Connection<SelectedRepositoryImage>> {
    const selection = { ...SELECTION, items: true, totalCount: true };
    return world.as(viewer).entries.page(of, { page: args, filter, orderBy, selection });
  }
  const namesOf = (list: Connection<SelectedRepositoryImage>): string[] => list.nodes.map((node) => node.name ?? '');

  it('shows the newest first, those without a date last, and counts them all', async () => {
    const list = await page({ first: 200 });
    expect(list.totalCount).toBe(LISTED.length);
    expect(list.nodes).toHaveLength(LISTED.length);
    expect(namesOf(list).slice(-2)).toEqual(['ancient', 'no-date']);
    expect(list.nodes.at(-1)?.publishedAt).toBeNull();
  });

  it.each(['PUBLISHED_AT', 'NAME', 'SIZE'] as const)('pages by %s forward and backward, both ways round, each entry once', async (field) => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const orderBy = { field, direction };
      const whole = (await page({ first: 200 }, { orderBy })).nodes.map((node) => node.uuid);
      const forward: string[] = [];
      for (let after: string | null | undefined; ; ) {
        const list = await page({ first: 3, after }, { orderBy });
        forward.push(...list.nodes.map((node) => node.uuid));
        after = list.pageInfo.endCursor;
        if (!list.pageInfo.hasNextPage) break;
      }
      const backward: string[] = [];
      for (let before: string | null | undefined; ; ) {
        const list = await page({ last: 4, before }, { orderBy });
        backward.unshift(...list.nodes.map((node) => node.uuid));
        before = list.pageInfo.startCursor;
        if (!list.pageInfo.hasPreviousPage) break;
      }
      expect(new Set(whole).size).toBe(LISTED.length);
      expect(forward).toEqual(whole);
      expect(backward).toEqual(whole);
    }
  });

  it('says of each entry whether it can be imported now, and if not why', async () => {
    const list = await page({ first: 200 });
    const reasonOf = (name: string) => list.nodes.find((node) => node.name === name)?.notImportableReason;
    expect(reasonOf('container')).toBe('UNSUPPORTED_TYPE');
    expect(reasonOf('fileless')).toBe('NO_FILE');
    expect(reasonOf('known')).toBe('ALREADY_EXISTS');
    expect(reasonOf('child')).toBe('MISSING_ORIGIN');
    expect(reasonOf('grandchild')).toBeNull();
    for (const node of list.nodes) expect(node.importable).toBe(node.notImportableReason === null);
  });

  it('filters in the database', async () => {
    const found = async (filter: RepositoryImageFilter) => {
      const list = await page({ first: 200 }, { filter, orderBy: { field: 'NAME', direction: 'ASC' } });
      expect(list.totalCount).toBe(list.nodes.length);
      return namesOf(list);
    };
    expect(await found({ search: 'everything INSIDE' })).toEqual(['zone_100%']);
    expect(await found({ search: '_100%' })).toEqual(['zone_100%']);
    expect(await found({ search: 'a%b' })).toEqual([]);
    expect(await found({ osType: ['SUNOS_ZONE'] })).toEqual(['zone_100%']);
    expect(await found({ type: ['docker', 'zone-dataset'] })).toEqual(['container', 'zone_100%']);
    expect(await found({ importable: false })).toEqual(['child', 'container', 'fileless', 'known']);
    expect(await found({ importable: true, type: ['docker'] })).toEqual([]);
    expect(await found({ publishedAfter: new Date('2026-03-01T00:00:00Z'), osType: ['SUNOS_ZONE'] })).toEqual(['zone_100%']);
    expect(await found({ publishedAfter: new Date('2026-12-01T00:00:00Z') })).toEqual([]);
  });

  it('shows one entry with its whole manifest, and nothing of another repository or generation', async () => {
    const { entries } = world.as(importer);
    expect(await entries.one(remote, KNOWN, SELECTION)).toMatchObject({ name: 'known', manifest: { uuid: KNOWN, v: 2 }, repository: remote });
    expect(await entries.one(remote, randomUUID(), SELECTION)).toBeNull();
    expect((await page({ first: 200 }, { filter: { search: 'not-yet' } })).nodes).toEqual([]);
  });

  it('shows entries of the local repository that are in the catalogue to SuperAdmins only', async () => {
    expect((await page({ first: 200 }, { of: local, viewer: world.operator })).totalCount).toBe(LISTED.length);
    const list = await page({ first: 200 }, { of: local });
    expect(list.totalCount).toBe(LISTED.length - 1);
    expect(namesOf(list)).not.toContain('known');
    expect(await world.as(importer).entries.one(local, KNOWN, SELECTION)).toBeNull();
  });

  it('refuses viewers who may import nowhere, on every access path', async () => {
    const { repositories, entries } = world.as(admin);
    const forbidden = { code: 'FORBIDDEN' };
    await expect(repositories.all()).rejects.toMatchObject(forbidden);
    await expect(repositories.byName('remote')).rejects.toMatchObject(forbidden);
    await expect(page({}, { viewer: admin })).rejects.toMatchObject(forbidden);
    await expect(entries.one(remote, KNOWN, SELECTION)).rejects.toMatchObject(forbidden);
    expect(await repositories.visibleById(remote.id)).toBeNull();
    expect(await repositories.byId.load(remote.id)).toMatchObject({ name: 'remote' });
  });

  it('refuses a cursor of another order', async () => {
    const { pageInfo } = await page({ first: 1 }, { orderBy: { field: 'NAME', direction: 'ASC' } });
    await expect(page({ after: pageInfo.endCursor })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('forgets a repository that has been removed from the settings', async () => {
    const gone = await world.addRepository({ name: 'gone', url: 'https://gone.example' });
    await world.database.em.fork().nativeUpdate(ImageRepository, { id: gone.id }, { retired: true });
    const { repositories } = world.as(importer);
    expect((await repositories.all()).map((one) => one.name)).toEqual(['img01', 'remote']);
    expect(await repositories.byName('gone')).toBeNull();
    expect(await repositories.byId.load(gone.id)).toBeNull();
  });
});
