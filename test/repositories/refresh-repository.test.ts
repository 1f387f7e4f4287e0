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

describe('refreshing a repository', () => {
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
    const refresh = async () => world.as(world.operator).service.refresh(name);
    return { server, id, name, refresh };
  }

  it('shows what the list holds and says what is new', async () => {
    const images = [makeImage({ name: 'a' }), makeImage({ name: 'b' })];
    const { name, refresh } = await configured(images);
    const payload = await refresh();
    expect(payload).toMatchObject({ added: 2, changed: 0, removed: 0, skipped: 0, repository: { status: 'OK', imageCount: 2, error: null } });
    expect(payload.task).toMatchObject({ status: 'SUCCEEDED', phase: 'DONE', action: 'REPOSITORY_REFRESH' });
    expect(payload.repository.lastUpdate).not.toBeNull();
    expect(await world.shown(name)).toEqual(uuidsOf(images));
  });

  it('applies a later list as a difference and leaves the same rows where they are', async () => {
    const [kept, changing, leaving] = [makeImage({ name: 'kept' }), makeImage({ name: 'changing' }), makeImage({ name: 'leaving' })];
    const { server, id, name, refresh } = await configured([kept, changing, leaving]);
    await refresh();
    const idOf = async (uuid: string) => (await world.database.em.fork().findOneOrFail(RepositoryImage, { repository: id, uuid })).id;
    const before = await idOf(kept.manifest.uuid);
    const added = makeImage({ name: 'added' });
    const changed = { ...changing, manifest: { ...changing.manifest, description: 'Another one' } };
    server.images = [kept, changed, added];
    expect(await refresh()).toMatchObject({ added: 1, changed: 1, removed: 1, skipped: 0 });
    expect(await world.shown(name)).toEqual(uuidsOf([kept, changed, added]));
    expect(await idOf(kept.manifest.uuid)).toBe(before);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(3);
  });

  it('keeps the list when the server answers "not modified"', async () => {
    const { server, name, refresh } = await configured([makeImage()]);
    const first = await refresh();
    const loadedAt = Date.now();
    while (Date.now() === loadedAt) await wait(1);
    const second = await refresh();
    expect(server.requests.at(-1)?.headers['if-none-match']).toMatch(/^[0-9a-f]{40}$/);
    expect(second).toMatchObject({ added: 0, changed: 0, removed: 0, repository: { status: 'OK', imageCount: 1 } });
    expect(Number(second.repository.lastUpdate)).toBeGreaterThan(Number(first.repository.lastUpdate));
    expect(await world.shown(name)).toHaveLength(1);
  });

  it('is emptied by an empty list', async () => {
    const { server, name, refresh } = await configured([makeImage(), makeImage()]);
    await refresh();
    server.images = [];
    expect(await refresh()).toMatchObject({ removed: 2, repository: { imageCount: 0, status: 'OK' } });
    expect(await world.shown(name)).toEqual([]);
  });

  it('reads every page of a server that pages', async () => {
    const images = Array.from({ length: 2100 }, (_, at) => makeImage({ name: `image-${at}`, size: 1 }));
    const { server, refresh } = await configured(images);
    server.pageSize = 1000;
    expect(await refresh()).toMatchObject({ added: 2100, skipped: 0 });
    expect(await refresh()).toMatchObject({ added: 0, changed: 0, removed: 0, repository: { imageCount: 2100 } });
  });

  it('stores the lists of real repositories, with old manifests and new ones', async () => {
    const all = [...v1, ...v2].map((manifest) => entry(manifest));
    const { refresh } = await configured(all);
    const { added, skipped, repository, task } = await refresh();
    // Seven uuids are in both lists, and one manifest has a uuid and nothing else.
    expect({ entries: all.length, added, skipped }).toEqual({ entries: 340, added: 332, skipped: 8 });
    expect(repository.imageCount).toBe(332);
    expect(task.detail).toMatchObject({ added: 332, skippedCount: 8, skipped: expect.arrayContaining([expect.objectContaining({ uuid: '07f360fd-12d5-e624-a279-eb8a15b630f6' })]) });
  });

  it('skips malformed entries with their reasons, and stores the others', async () => {
    const good = makeImage();
    const nameless = makeImage({ manifest: { name: undefined } });
    const { name, refresh } = await configured([entry(42), good, entry({ uuid: 'x' }), nameless, good]);
    const { added, skipped, task } = await refresh();
    expect({ added, skipped }).toEqual({ added: 1, skipped: 4 });
    expect(await world.shown(name)).toEqual([good.manifest.uuid]);
    const { skipped: reasons } = task.detail as { skipped: { uuid: string | null; reason: string }[] };
    expect(reasons.map((one) => one.uuid)).toEqual([null, null, nameless.manifest.uuid, good.manifest.uuid]);
    expect(reasons[3]?.reason).toContain('more than once');
  });

  it('refuses a second refresh of a repository, while other repositories can be refreshed', async () => {
    const [slow, other] = [await configured([makeImage()]), await configured([makeImage()])];
    slow.server.fail.list = { slow: 600 };
    const running = slow.refresh();
    while ((await world.repository(slow.name)).status !== 'LOADING') await wait(5);
    await expect(slow.refresh()).rejects.toMatchObject({ code: 'REPOSITORY_BUSY' });
    expect(await other.refresh()).toMatchObject({ added: 1 });
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
    const { server, id, refresh, name } = await configured(old);
    const { repository: before } = await refresh();
    server.images = Array.from({ length: 1200 }, (_, at) => makeImage({ name: `new-${at}`, size: 1 }));
    server.fail.list = structuredClone(fault);
    await expect(refresh()).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    const after = await world.repository(name);
    expect(after).toMatchObject({ status: 'FAILED', imageCount: 300, lastUpdate: before.lastUpdate });
    expect(after.error).toContain(server.url);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(300);
    server.fail = {};
    expect(await refresh()).toMatchObject({ added: 1200, removed: 300, repository: { status: 'OK', error: null } });
  });

  it('answers for each repository when all are refreshed, also for one that fails', async () => {
    const [fine, broken] = [await configured([makeImage()]), await configured()];
    broken.server.fail.list = 'status500';
    const payloads = await world.as(world.operator).service.refreshAll();
    const of = (name: string) => payloads.find((payload) => payload.repository.name === name);
    expect(of(fine.name)).toMatchObject({ added: 1, task: { status: 'SUCCEEDED' } });
    expect(of(broken.name)).toMatchObject({ added: 0, repository: { status: 'FAILED' }, task: { status: 'FAILED', errorCode: 'REPOSITORY_UNREACHABLE' } });
  });

  it('undoes what a killed refresh has written, and refreshes again', async () => {
    const images = [makeImage({ name: 'one' }), makeImage({ name: 'two' })];
    const { server, id, name, refresh } = await configured(images);
    await refresh();
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
    expect(await refresh()).toMatchObject({ added: 1, changed: 0, removed: 0 });
    expect(await world.shown(name)).toEqual(uuidsOf(server.images));
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(3);
  });

  it('resumes the refresh of a process that stopped, and resets a repository whose refresh is gone', async () => {
    const [going, stale] = [await configured([makeImage()]), await configured()];
    const stopping = world.newRunner();
    going.server.fail.list = 'stall';
    const row = { id: going.id, url: going.server.url };
    const taskId = await startRefresh(world.database.em.fork(), { changes: world.changes, runner: stopping }, row, { userId: world.systemId, tokenGroups: [] });
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

  it('has no effect once the repository is removed or has another URL', async () => {
    const { server, id, name, refresh } = await configured([makeImage()]);
    server.fail.list = { slow: 600 };
    const running = refresh().catch((error: unknown) => error);
    while (server.requests.length === 0) await wait(5);
    await world.database.em.fork().nativeUpdate(ImageRepository, { id }, { url: 'https://elsewhere.example/' });
    expect(await running).toMatchObject({ code: 'NOT_FOUND' });
    expect(await world.shown(name)).toEqual([]);
    expect(await world.database.em.fork().count(RepositoryImage, { repository: id })).toBe(0);
  });

  it('can be cancelled, which restores the status of the repository', async () => {
    const { server, id, name, refresh } = await configured([makeImage()]);
    await refresh();
    server.images = [];
    server.fail.list = 'stall';
    const running = refresh().catch((error: unknown) => error);
    while ((await world.repository(name)).status !== 'LOADING' || server.requests.length < 2) await wait(5);
    const task = await world.database.em.fork().findOneOrFail(Task, { repository: id, finishedAt: null });
    await world.runner.cancel(task.id, task.action, task.user.id);
    expect(await running).toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    expect(await world.repository(name)).toMatchObject({ status: 'OK', imageCount: 1, error: null });
  });
});
