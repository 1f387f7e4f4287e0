import { execFileSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HeldServer, startHeldServer } from '../support/held-server.js';
import { mayMount, mountSmallStore, type SmallStore } from '../support/small-store.js';
import { World } from '../support/world.js';
import { diskBytes, type DataServer, startDataServer, whole } from '../virtual-servers/data-server.js';

const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { task { id status } } }';
const MIB = 2 ** 20;

describe.skipIf(!mayMount())('a store that is full (skipped where this user may not mount a small file system)', { timeout: 60_000 }, () => {
  let store: SmallStore;
  let world: World;
  let data: DataServer;

  beforeAll(async () => {
    store = await mountSmallStore(4);
    world = await World.start({ settings: { IMAGE_STORE: `file:${store.path}` } });
    data = await startDataServer(whole(diskBytes(8 * MIB)));
  });
  afterEach(async () => rm(join(store.path, 'ballast'), { force: true }));
  afterAll(async () => {
    await data?.close();
    await world?.close();
    await store?.remove();
  });

  const entries = async (): Promise<string[]> => (await readdir(store.path)).filter((name) => !name.startsWith('.') && name !== 'ballast').sort();

  it('refuses an image for which there is no room before it is downloaded, with the bytes needed and free', async () => {
    const offered = world.offer({ name: 'large', size: 5 * MIB });
    const { errors } = await world.import('large', {}, offered);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining(`${5 * MIB} bytes are needed and `) as string,
      extensions: { code: 'IMAGE_SERVER_UNAVAILABLE', bytesNeeded: 5 * MIB, bytesFree: expect.any(Number) as number },
    });
    expect(world.repository.requests.filter(({ url }) => url.endsWith('/file'))).toEqual([]);
    expect(await world.imageNames()).not.toContain('large');
  });

  it('ends a download during which it fills up, and leaves nothing of it', async () => {
    const held: HeldServer = await startHeldServer('filling');
    const { data: answer } = await world.import('filling', {}, { ...held.image, uuid: held.image.manifest.uuid, manifestUrl: held.manifestUrl });
    await held.held;
    await expect.poll(entries, { timeout: 20_000 }).toContain(held.image.manifest.uuid);
    store.fill();
    held.release();
    const task = await world.admin.ended(answer?.importImage.task.id);
    expect(task).toMatchObject({ status: 'FAILED', errorCode: 'IMAGE_SERVER_UNAVAILABLE', error: expect.stringMatching(/10000 bytes are needed and \d+ are free/) as string });
    expect(await entries()).toEqual([]);
    expect(await world.imageNames()).not.toContain('filling');
    await held.close();
  });

  it('ends an image from a snapshot that fills it up, and leaves nothing of it', async () => {
    await world.server('snapped');
    await world.snapshot('snapped', 'daily', { dataUrl: data.url });
    store.fill();
    const create = 'mutation { createImageFromSnapshot(input: { server: "snapped", snapshot: "daily", name: "from-snapshot" }) { task { id } } }';
    const { createImageFromSnapshot } = await world.admin.run(create);
    expect(await world.admin.ended(createImageFromSnapshot.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'IMAGE_SERVER_UNAVAILABLE' });
    expect(await entries()).toEqual([]);
    expect(await world.snapshotStatus('snapped', 'daily')).toBe('OK');
  });

  it('lets images be deleted, and changed where no file changes', async () => {
    const { name, uuid } = await world.image('small');
    const ann = await world.person('ann');
    store.fill();
    expect(await world.admin.run(UPDATE, { input: { name, owner: ann.username } })).toMatchObject({ updateImage: { task: { status: 'SUCCEEDED' } } });
    const { updateImage } = await world.admin.run(UPDATE, { input: { name, description: 'new' } });
    expect(await world.admin.ended(updateImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'IMAGE_SERVER_UNAVAILABLE' });
    expect(await world.admin.run(`{ image(name: "${name}") { status description } }`)).toEqual({ image: { status: 'OK', description: expect.not.stringContaining('new') as string } });
    expect(await world.admin.run('{ imageServer { available } }')).toEqual({ imageServer: { available: true } });
    const { deleteImage } = await world.admin.run(`mutation { deleteImage(input: { name: "${name}" }) { task { id } } }`);
    expect(await world.admin.ended(deleteImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await entries()).not.toContain(uuid);
  });
});

describe('a file that is larger than the process may write', () => {
  it('ends the import like a full store, and leaves nothing of it', async () => {
    await using world = await World.start();
    const { data } = await world.import('too-large', {}, await slowly(world, 12 * MIB));
    execFileSync('prlimit', ['--pid', String(world.gateway.child.pid), `--fsize=${8 * MIB}`]);
    world.repository.fail = {};
    expect(await world.admin.ended(data?.importImage.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'IMAGE_SERVER_UNAVAILABLE' });
    expect(await world.stored()).toEqual([]);
  });
});

/** An image whose first request for the file gets no further than its half. */
async function slowly(world: World, size: number): Promise<ReturnType<World['offer']>> {
  world.repository.fail = { file: { slow: 4 * MIB } };
  return world.offer({ name: 'too-large', size });
}
