import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE } from '../support/database.js';
import { follow } from '../support/follow.js';
import { GatewayProcess, TestClient } from '../support/gateway.js';
import { startHeldServer } from '../support/held-server.js';
import { type Watch, watch } from '../support/watch.js';
import { World } from '../support/world.js';

let world: World;
let admin: TestClient;

beforeAll(async () => {
  world = await World.start({ datacenter: 'north' });
  ({ admin } = world);
});
afterAll(async () => world?.close());

const person = async (username: string, permissions: string[]): Promise<TestClient> => (await world.person(username, { permissions })).client;

/** An image that everybody of north sees. */
async function probe(name: string): Promise<void> {
  await world.image(name, { access: 'PUBLIC' });
}

const CHANGES = 'subscription { imageChanged { kind name image { status owner { username } } } }';

describe('imageChanged', () => {
  it('tells each change once, in order, to those who see the image and to nobody else', async () => {
    const [dora, pat] = [await person('dora', ['ADMIN']), await person('pat', [])];
    const [forAdmin, forDora, forPat] = await Promise.all([admin, dora, pat].map(async (client) => watch(client, CHANGES, probe))) as [Watch, Watch, Watch];
    await world.image('secret');
    await world.image('open', { access: 'PUBLIC' });
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
    world.repository.fail = { file: 'wrongByte' };
    const { data } = await world.import('broken');
    await admin.ended(data?.importImage.task.id);
    world.repository.fail = {};
    await changes.count(2);
    expect(changes.events().map(({ imageChanged }) => imageChanged)).toEqual([
      { kind: 'CREATED', name: 'broken', image: { name: 'broken' } },
      { kind: 'DELETED', name: 'broken', image: null },
    ]);
    await changes.stop();
  });

  it('ends with its reason when the caller can no longer sign in, also when nothing happens', async () => {
    const eve = await person('eve', ['ADMIN']);
    const changes = await follow('websocket', eve.url, eve.key ?? '', CHANGES);
    await admin.run('mutation { updateUser(input: { username: "eve", active: false }) { active } }');
    expect(await changes.ended).toBe('UNAUTHENTICATED');
    expect(changes.events).toEqual([]);
    await changes.stop();
  });
});

describe('imageRepositoryChanged', () => {
  it('tells when a load starts and when it ends', async () => {
    const held = await startHeldServer('held');
    await world.addRepository('remote', held.url);
    const changes = await follow('websocket', admin.url, admin.key ?? '', 'subscription { imageRepositoryChanged(name: "remote") { status } }');
    const statuses = (): string[] => changes.events.map(({ imageRepositoryChanged: { status } }) => status);
    const load = world.loadRepository('remote');
    // It still loads when that is told.
    await expect.poll(statuses).toEqual(['LOADING']);
    held.release();
    await load;
    await expect.poll(statuses).toEqual(['LOADING', 'OK']);
    await held.close();
    await changes.stop();
  });

  it('is refused to who may not use repositories', async () => {
    const una = await person('una', ['ADMIN']);
    const { ended, stop } = await follow('websocket', una.url, una.key ?? '', 'subscription { imageRepositoryChanged { name } }');
    expect(await ended).toBe('FORBIDDEN');
    await stop();
  });
});

describe('a socket', () => {
  it('is closed with 4401 when its token is no good', async () => {
    const socket = new TestClient(admin.url, 'nonsense').socket();
    const closed = await new Promise((resolve) => {
      socket.on('closed', resolve);
      socket.subscribe({ query: CHANGES }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    });
    expect(closed).toMatchObject({ code: 4401 });
  });

  it('runs nothing for somebody who is not signed in, not even introspection', async () => {
    const socket = new TestClient(admin.url, null).socket();
    for (const query of [CHANGES, '{ __schema { types { name } } }', '{ viewer { user { username } } }']) {
      const error = await new Promise((resolve) => {
        socket.subscribe({ query }, { next: resolve, error: resolve, complete: () => resolve('complete') });
      });
      expect(error).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
    await socket.dispose();
  });
});

it.runIf(DATABASE === 'sqlite')('a second gateway over the same folder is refused with a clear message (processes of one Postgres may share it)', async () => {
  await expect(GatewayProcess.start(world.folder.path)).rejects.toThrow(/Another gateway works in/);
});
