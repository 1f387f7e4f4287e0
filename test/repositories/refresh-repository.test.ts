import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ImageRepository } from '../../src/repositories/image-repository.entity.js';
import { RepositoryImage } from '../../src/repositories/entries/repository-image.entity.js';
import { resetStaleRefreshes } from '../../src/repositories/refresh/reset-stale-refreshes.js';
import { startRefresh } from '../../src/repositories/refresh/start-refresh.js';
import { Task } from '../../src/tasks/task.entity.js';
import v1 from '../fixtures/manifests/v1.json' with { type: 'json' };
import v2 from '../fixtures/manifests/v2.json' with { type: 'json' };
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { createRefreshWorld, type RefreshWorld } from './refresh-world.js';

const servers: ImgapiRepository[] = [];

async function serve(images: PublishedImage[] = []): Promise<ImgapiRepository> {
  const server = await startImgapiRepository({ images });
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function uuidsOf(images: readonly PublishedImage[]): string[] {
  return images.map((image) => image.manifest.uuid).sort();
}

/** Something the list holds that is not what `makeImage` makes. */
function entry(manifest: unknown): PublishedImage {
  return { manifest: manifest as PublishedImage['manifest'], file: Buffer.alloc(0) };
}

describe('loading a repository', () => {
  let world: RefreshWorld;
  let count = 0;

  beforeAll(async () => {
    world = await createRefreshWorld();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function configured(images: PublishedImage[] = []) {
    count += 1;
    const server = await serve(images);
    const { id, name } = await world.addRepository({ name: `repository-${count}`, url: server.url });
    const load = async () => world.as(world.operator).loads.refresh(name);
    return { server, id, name, load };
  }

  it('shows what the list holds and says what is new', async () => {
    const images = [makeImage({ name: 'a' }), makeImage({ name: 'b' })];
    const { name, load } = await configured(images);
    const payload = await load();
    expect(payload).toMatchObject({ added: 2, changed: 0, removed: 0, skipped: 0, repository: { status: 'OK', imageCount: 2, error: null } });
    expect(payload.task).toMatchObject({ status: 'SUCCEEDED', phase: 'DONE', action: 'REPOSITORY_REFRESH' });
    expect(payload.repository.lastUpdate).not.toBeNull();
    expect(await world.shown(name)).toEqual(uuidsOf(images));
  });

  it('applies a later list as a difference and leaves the same rows where they are', async () => {
    const [kept, changing, leaving] = [makeImage({ name: 'kept' }), makeImage({ name: 'changing' }), makeImage({ name: 'leaving' })];
    const { server, id, name, load } = await configured([kept, changing, leaving]);
    await load();
    const idOf = async (uuid: string) => (await world.database.em.fork().findOneOrFail(RepositoryImage, { repository: id, uuid })).id;
    const before = await idOf(kept.manifest.uuid);
    const added = makeImage({ name: 'added' });
    const changed = { ...changing, manifest: { ...changing.manifest, description: 'Another one' } };
    server.images = [kept, changed, added];
    expect(await load()).toMatchObject({ added: 1, changed: 1, removed: 1, skipped: 0 });
    expect(await world.shown(name)).toEqual(uuidsOf([kept, changed, added]));
    expect(await idOf(kept.manifest.uuid)).toBe(before);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(3);
  });

  it('takes "not modified" for an answer and keeps the list', async () => {
    const { server, name, load } = await configured([makeImage()]);
    const first = await load();
    await wait(2);
    const second = await load();
    expect(server.requests.at(-1)?.headers['if-none-match']).toMatch(/^[0-9a-f]{40}$/);
    expect(second).toMatchObject({ added: 0, changed: 0, removed: 0, repository: { status: 'OK', imageCount: 1 } });
    expect(Number(second.repository.lastUpdate)).toBeGreaterThan(Number(first.repository.lastUpdate));
    expect(await world.shown(name)).toHaveLength(1);
  });

  it('is emptied by an empty list', async () => {
    const { server, name, load } = await configured([makeImage(), makeImage()]);
    await load();
    server.images = [];
    expect(await load()).toMatchObject({ removed: 2, repository: { imageCount: 0, status: 'OK' } });
    expect(await world.shown(name)).toEqual([]);
  });

  it('reads every page of a server that pages', async () => {
    const images = Array.from({ length: 2100 }, (_, at) => makeImage({ name: `image-${at}`, size: 1 }));
    const { server, load } = await configured(images);
    server.pageSize = 1000;
    expect(await load()).toMatchObject({ added: 2100, skipped: 0 });
    expect(await load()).toMatchObject({ added: 0, changed: 0, removed: 0, repository: { imageCount: 2100 } });
  });

  it('takes in the lists of real repositories, old manifests and new', async () => {
    const all = [...v1, ...v2].map((manifest) => entry(manifest));
    const { load } = await configured(all);
    const { added, skipped, repository, task } = await load();
    // Seven uuids are in both lists, and one manifest has a uuid and nothing else.
    expect({ entries: all.length, added, skipped }).toEqual({ entries: 340, added: 332, skipped: 8 });
    expect(repository.imageCount).toBe(332);
    expect(task.detail).toMatchObject({ added: 332, skippedCount: 8, skipped: expect.arrayContaining([expect.objectContaining({ uuid: '07f360fd-12d5-e624-a279-eb8a15b630f6' })]) });
  });

  it('leaves out malformed entries with their reasons, and they cost the others nothing', async () => {
    const good = makeImage();
    const nameless = makeImage({ manifest: { name: undefined } });
    const { name, load } = await configured([entry(42), good, entry({ uuid: 'x' }), nameless, good]);
    const { added, skipped, task } = await load();
    expect({ added, skipped }).toEqual({ added: 1, skipped: 4 });
    expect(await world.shown(name)).toEqual([good.manifest.uuid]);
    const { skipped: reasons } = task.detail as { skipped: { uuid: string | null; reason: string }[] };
    expect(reasons.map((one) => one.uuid)).toEqual([null, null, nameless.manifest.uuid, good.manifest.uuid]);
    expect(reasons[3]?.reason).toContain('more than once');
  });

  it('refuses a second load while one goes on, and different repositories do not wait for each other', async () => {
    const [slow, other] = [await configured([makeImage()]), await configured([makeImage()])];
    slow.server.fail.list = { slow: 600 };
    const running = slow.load();
    while ((await world.repository(slow.name)).status !== 'LOADING') await wait(5);
    await expect(slow.load()).rejects.toMatchObject({ code: 'REPOSITORY_BUSY' });
    expect(await other.load()).toMatchObject({ added: 1 });
    expect(await running).toMatchObject({ added: 1 });
  });

  it.each([
    ['half a list', 'halfList'],
    ['a page for people', 'html'],
    ['an error', 'status500'],
    ['redirects in a circle', 'redirectLoop'],
    ['a connection that breaks', { cut: 1 }],
  ] as const)('keeps the old list when it gets %s, and says why', async (_what, fault) => {
    const old = Array.from({ length: 300 }, (_, at) => makeImage({ name: `old-${at}`, size: 1 }));
    const { server, id, load, name } = await configured(old);
    const { repository: before } = await load();
    server.images = Array.from({ length: 1200 }, (_, at) => makeImage({ name: `new-${at}`, size: 1 }));
    server.fail.list = structuredClone(fault);
    await expect(load()).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    const after = await world.repository(name);
    expect(after).toMatchObject({ status: 'FAILED', imageCount: 300, lastUpdate: before.lastUpdate });
    expect(after.error).toContain(server.url);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(300);
    server.fail = {};
    expect(await load()).toMatchObject({ added: 1200, removed: 300, repository: { status: 'OK', error: null } });
  });

  it('answers for each repository when all are loaded, also for one that fails', async () => {
    const [fine, broken] = [await configured([makeImage()]), await configured()];
    broken.server.fail.list = 'status500';
    const payloads = await world.as(world.operator).loads.refreshAll();
    const of = (name: string) => payloads.find((payload) => payload.repository.name === name);
    expect(of(fine.name)).toMatchObject({ added: 1, task: { status: 'SUCCEEDED' } });
    expect(of(broken.name)).toMatchObject({ added: 0, repository: { status: 'FAILED' }, task: { status: 'FAILED', errorCode: 'REPOSITORY_UNREACHABLE' } });
  });

  it('takes back what a killed load left half written, and loads again', async () => {
    const images = [makeImage({ name: 'one' }), makeImage({ name: 'two' })];
    const { server, id, name, load } = await configured(images);
    await load();
    const em = world.database.em.fork();
    const { generation } = await em.findOneOrFail(ImageRepository, id);
    const [closed] = await em.find(RepositoryImage, { repository: id }, { orderBy: { uuid: 'asc' } });
    const { id: _id, ...columns } = (await em.findOneOrFail(RepositoryImage, closed?.id ?? 0)) as RepositoryImage;
    await em.nativeUpdate(RepositoryImage, { id: closed?.id }, { toGeneration: generation + 1 });
    await em.fork().persist(em.create(RepositoryImage, { ...columns, repository: id, uuid: crypto.randomUUID(), fromGeneration: generation + 1 })).flush();
    // Of a list before, whose load was killed while it tidied up.
    await em.fork().persist(em.create(RepositoryImage, { ...columns, repository: id, uuid: crypto.randomUUID(), fromGeneration: 0, toGeneration: generation })).flush();
    expect(await world.shown(name)).toEqual(uuidsOf(images));
    server.images = [...images, makeImage({ name: 'three' })];
    expect(await load()).toMatchObject({ added: 1, changed: 0, removed: 0 });
    expect(await world.shown(name)).toEqual(uuidsOf(server.images));
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(3);
  });

  it('goes on with the load of a process that stopped, and frees a repository whose load is nowhere', async () => {
    const [going, stale] = [await configured([makeImage()]), await configured()];
    const stopping = world.newRunner();
    going.server.fail.list = 'stall';
    const row = { id: going.id, url: going.server.url };
    const taskId = await startRefresh(world.database.em.fork(), { changes: world.changes, runner: stopping }, row, world.systemId);
    while (going.server.requests.length === 0) await wait(5);
    await stopping.stop();
    await world.database.em.fork().nativeUpdate(ImageRepository, { id: stale.id }, { status: 'LOADING' });
    await resetStaleRefreshes(world.database.em.fork());
    expect((await world.repository(stale.name)).status).toBe('NEVER_LOADED');
    expect((await world.repository(going.name)).status).toBe('LOADING');
    going.server.fail = {};
    const starting = world.newRunner();
    await starting.start();
    await starting.ended(taskId ?? '');
    expect(await world.repository(going.name)).toMatchObject({ status: 'OK', imageCount: 1 });
    expect(await world.database.em.fork().findOneOrFail(Task, taskId ?? '')).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
  });

  it('is without effect once the repository is dropped or re-pointed', async () => {
    const { server, id, name, load } = await configured([makeImage()]);
    server.fail.list = { slow: 600 };
    const running = load().catch((error: unknown) => error);
    while (server.requests.length === 0) await wait(5);
    await world.database.em.fork().nativeUpdate(ImageRepository, { id }, { url: 'https://elsewhere.example/' });
    expect(await running).toMatchObject({ code: 'NOT_FOUND' });
    expect(await world.shown(name)).toEqual([]);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(0);
  });

  it('can be cancelled, and the repository stands as before', async () => {
    const { server, id, name, load } = await configured([makeImage()]);
    await load();
    server.images = [];
    server.fail.list = 'stall';
    const running = load().catch((error: unknown) => error);
    while ((await world.repository(name)).status !== 'LOADING' || server.requests.length < 2) await wait(5);
    const task = await world.database.em.fork().findOneOrFail(Task, { repository: id, finishedAt: null });
    await world.runner.cancel(task.id);
    expect(await running).toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    expect(await world.repository(name)).toMatchObject({ status: 'OK', imageCount: 1, error: null });
  });
});
