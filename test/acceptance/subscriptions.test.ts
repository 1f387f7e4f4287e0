import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { type Watch, watch } from '../support/watch.js';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let repository: ImgapiRepository;

beforeAll(async () => {
  repository = await startImgapiRepository();
  ({ gateway, admin, folder } = await startFresh());
  await admin.run('mutation { createDatacenter(input: { name: "north" }) { name } }');
});
afterAll(async () => {
  await gateway?.stop();
  await repository?.close();
  await folder?.remove();
});

async function person(username: string, permissions: string[]): Promise<TestClient> {
  await admin.run(`mutation { createUser(input: { username: "${username}" }) { username } }`);
  const input = { name: `${username}-group`, permissions, users: [username], datacenters: ['north'] };
  await admin.run('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input });
  const { createApiKey } = await admin.run(`mutation { createApiKey(input: { username: "${username}", name: "test" }) { key } }`);
  return new TestClient(gateway.url, createApiKey.key);
}

async function importImage(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const image = makeImage({ name, version: '1', size: 2000 });
  repository.images.push(image);
  const input = { name, manifestUrl: repository.manifestUrl(image), datacenter: 'north', ...more };
  const { importImage: payload } = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input });
  await admin.ended(payload.task.id);
  return payload.task.id;
}

/** Follows a subscription from now on; `events` grows. */
async function follow(client: TestClient, query: string): Promise<{ events: Record<string, any>[]; ended: Promise<unknown>; stop: () => Promise<void> }> { // oxlint-disable-line typescript/no-explicit-any -- events are as varied as queries
  const socket = client.socket();
  const events: Record<string, any>[] = []; // oxlint-disable-line typescript/no-explicit-any -- see above
  const ended = new Promise((resolve) => {
    socket.subscribe({ query }, { next: (event) => void events.push(event as never), error: resolve, complete: () => resolve('complete') });
  });
  // The server has the subscription once it has answered an operation sent after it.
  await socket.iterate({ query: '{ viewer { user { username } } }' }).next();
  return { events, ended, stop: async () => void (await socket.dispose()) };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 2000;
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** An image that everybody of north sees. */
async function probe(name: string): Promise<void> {
  await importImage(name, { access: 'PUBLIC' });
}

const CHANGES = 'subscription { imageChanged { kind name image { status owner { username } } } }';

describe('imageChanged', () => {
  it('tells each change once, in order, to those who see the image and to nobody else', async () => {
    const [dora, pat] = [await person('dora', ['ADMIN']), await person('pat', [])];
    const [forAdmin, forDora, forPat] = await Promise.all([admin, dora, pat].map(async (client) => watch(client, CHANGES, probe))) as [Watch, Watch, Watch];
    await importImage('secret');
    await importImage('open', { access: 'PUBLIC' });
    await Promise.all([forAdmin.count(4), forDora.count(4), forPat.count(1)]);
    const told = (one: Watch): string[] => one.events().map(({ imageChanged: { kind, name } }) => `${kind} ${name}`);
    const everything = ['CREATED secret', 'UPDATED secret', 'CREATED open', 'UPDATED open'];
    expect(told(forAdmin)).toEqual(everything);
    expect(told(forDora)).toEqual(everything);
    expect(told(forPat).at(-1)).toBe('UPDATED open');
    expect(told(forPat)).not.toContain('CREATED secret');
    for (const one of [forAdmin, forDora, forPat]) await one.stop();
  });

  it('tells of an image that a failed import takes away', async () => {
    const changes = await watch(admin, 'subscription { imageChanged { kind name image { name } } }', probe);
    repository.fail = { file: 'wrongByte' };
    await importImage('broken');
    repository.fail = {};
    await changes.count(2);
    expect(changes.events().map(({ imageChanged }) => imageChanged)).toEqual([
      { kind: 'CREATED', name: 'broken', image: { name: 'broken' } },
      { kind: 'DELETED', name: 'broken', image: null },
    ]);
    await changes.stop();
  });

  it('ends with its reason when the caller can no longer sign in, also when nothing happens', async () => {
    const eve = await person('eve', ['ADMIN']);
    const changes = await follow(eve, CHANGES);
    await admin.run('mutation { updateUser(input: { username: "eve", active: false }) { active } }');
    expect(await changes.ended).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(changes.events).toEqual([]);
  });
});

describe('imageRepositoryChanged', () => {
  it('tells when a load starts and when it ends', async () => {
    const input = { vmsImageRepositories: [{ name: 'remote', url: repository.url }] };
    await admin.run('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input });
    const changes = await follow(admin, 'subscription { imageRepositoryChanged(name: "remote") { status } }');
    // Slow, so that it is still loading when that is told.
    repository.fail = { list: { slow: 10_000 } };
    const statuses = (): string[] => changes.events.map(({ data }) => data.imageRepositoryChanged.status);
    // A load that ends before the gateway has the subscription is told to nobody; then another one is.
    while (statuses().length < 2 || statuses().at(-1) !== 'OK') {
      await admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
      await until(() => statuses().length >= 2);
    }
    repository.fail = {};
    expect(statuses().slice(-2)).toEqual(['LOADING', 'OK']);
    await changes.stop();
  });

  it('is refused to who may not use repositories', async () => {
    const una = await person('una', ['ADMIN']);
    const { ended, events, stop } = await follow(una, 'subscription { imageRepositoryChanged { name } }');
    expect(await ended).toBe('complete');
    expect(events).toMatchObject([{ errors: [{ extensions: { code: 'FORBIDDEN' } }] }]);
    await stop();
  });
});

describe('a socket', () => {
  it('is closed with 4401 when its token is no good', async () => {
    const socket = new TestClient(gateway.url, 'nonsense').socket();
    const closed = await new Promise((resolve) => {
      socket.on('closed', resolve);
      socket.subscribe({ query: CHANGES }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    });
    expect(closed).toMatchObject({ code: 4401 });
  });

  it('runs nothing for somebody who is not signed in, not even introspection', async () => {
    const socket = new TestClient(gateway.url, null).socket();
    for (const query of [CHANGES, '{ __schema { types { name } } }', '{ viewer { user { username } } }']) {
      const error = await new Promise((resolve) => {
        socket.subscribe({ query }, { next: resolve, error: resolve, complete: () => resolve('complete') });
      });
      expect(error).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
    await socket.dispose();
  });

  it('is closed with 1001 when the gateway stops', async () => {
    const { gateway: other, admin: operator, folder: place } = await startFresh();
    const socket = operator.socket();
    const closed = new Promise((resolve) => socket.on('closed', resolve));
    socket.subscribe({ query: CHANGES }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await other.stop()).toBe(0);
    expect(await closed).toMatchObject({ code: 1001 });
    await place.remove();
  });
});

it('a second gateway over the same folder is refused with a clear message', async () => {
  await expect(GatewayProcess.start(folder.path)).rejects.toThrow(/Another gateway works in/);
});
