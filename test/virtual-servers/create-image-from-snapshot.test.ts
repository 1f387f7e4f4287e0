import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestClient, withSettings } from '../support/gateway.js';
import { random } from '../support/random.js';
import { World } from '../support/world.js';
import { breaking, type DataServer, diskBytes, first, repeated, slow, stalling, startDataServer, status, whole } from './data-server.js';

const CREATE = `mutation ($input: CreateImageFromSnapshotInput!) {
  createImageFromSnapshot(input: $input) {
    image { uuid name alias version access size osType status resize deploy description tags dcBound boundDatacenter { name } datacenters { name } owner { username } sourceSnapshot { name } }
    task { id action status imageName datacenter { name } detail }
    warnings
  }
}`;
const SHOW = `query ($name: String!) { image(name: $name) { uuid status size manifest sourceSnapshot { name status server { hostname } } file { size sha1 sha256 compression } tasks { nodes { action status } } } }`;
const TASK = 'query ($id: ID!) { task(id: $id) { status phase bytesDone bytesTotal errorCode error image { name } } }';
const CANCEL = 'mutation ($id: ID!) { cancelTask(id: $id) { status } }';
const bytes = diskBytes(3_000_000);
/** More than the gateway may hold of it in memory. */
const LARGE_MIB = 96;

withSettings({ IMPORT_RETRY_FOR: '3' });

let world: World;
let admin: TestClient;
let data: DataServer;

beforeAll(async () => {
  data = await startDataServer(whole(bytes));
  world = await World.start();
  ({ admin } = world);
  await world.server('web01');
  await world.snapshot('web01', 'daily', { dataUrl: data.url });
});
afterAll(async () => {
  await world?.close();
  await data?.close();
});
beforeEach(() => {
  data.answer = whole(bytes);
  data.asked = 0;
});

let count = 0;
const input = (fields: Record<string, unknown> = {}) => ({ server: 'web01', snapshot: 'daily', name: `image-${(count += 1)}`, ...fields });

/** Asks for an image and waits for its task. */
async function create(fields: Record<string, unknown> = {}): Promise<{ name: string; taskId: string; ended: Awaited<ReturnType<TestClient['ended']>> }> {
  const wanted = input(fields);
  const { createImageFromSnapshot } = await admin.run(CREATE, { input: wanted });
  const taskId: string = createImageFromSnapshot.task.id;
  return { name: wanted.name, taskId, ended: await admin.ended(taskId) };
}

async function restart(): Promise<void> {
  await world.restart();
  ({ admin } = world);
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Nothing is left of the image, and the snapshot is as before. */
async function expectNoTrace(name: string): Promise<void> {
  expect(await world.imageNames()).not.toContain(name);
  const uuids = (await admin.run('{ images(showAll: true, first: 200) { nodes { uuid file { sha1 } } } }')).images.nodes as { uuid: string; file: unknown }[];
  expect(await world.stored()).toEqual(uuids.filter((image) => image.file !== null).map((image) => image.uuid).sort());
  expect(await world.snapshotStatus('web01', 'daily')).toBe('OK');
}

describe('creating an image from a snapshot', () => {
  it('answers at once: image and snapshot are PENDING, fields left out have their defaults', async () => {
    data.answer = slow(bytes, 3_000_000);
    const wanted = input();
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: wanted });
    expect(createImageFromSnapshot).toMatchObject({
      image: {
        name: wanted.name, alias: wanted.name, version: '1.0', access: 'PRIVATE', size: 10_240, osType: 'LINUX_VM', status: 'PENDING',
        resize: false, deploy: false, description: '', tags: [], dcBound: true, boundDatacenter: { name: 'main' }, datacenters: [{ name: 'main' }],
        owner: { username: 'admin' }, sourceSnapshot: { name: 'daily' },
      },
      task: { action: 'IMAGE_CREATE', status: 'PENDING', imageName: wanted.name, datacenter: { name: 'main' }, detail: { server: 'web01', snapshot: 'daily', diskId: 1 } },
      warnings: [],
    });
    expect(await world.snapshotStatus('web01', 'daily')).toBe('PENDING');
    expect(await admin.ended(createImageFromSnapshot.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.snapshotStatus('web01', 'daily')).toBe('OK');
  });

  it('serves compute nodes bytes that unpack to those of the snapshot, and a manifest with their checksum', async () => {
    const { name, taskId } = await create({ access: 'PUBLIC', tags: ['db', 'web 2'], description: 'As of today', version: '2.0', alias: 'Golden', resize: true });
    const { image } = await admin.run(SHOW, { name });
    const served = await fetch(`${world.gateway.url}/imgapi/images/${image.uuid}/file`);
    const file = Buffer.from(await served.arrayBuffer());
    expect(gunzipSync(file).equals(bytes)).toBe(true);
    const [sha1, sha256] = ['sha1', 'sha256'].map((algorithm) => createHash(algorithm).update(file).digest('hex'));
    expect(served.headers.get('content-md5')).toBe(createHash('md5').update(file).digest('base64'));
    expect(image).toMatchObject({ status: 'OK', file: { size: file.length, sha1, sha256, compression: 'gzip' }, sourceSnapshot: { name: 'daily', status: 'OK', server: { hostname: 'web01' } } });
    expect(image.tasks.nodes).toEqual([{ action: 'IMAGE_CREATE', status: 'SUCCEEDED' }]);
    const manifest = (await (await fetch(`${world.gateway.url}/imgapi/images/${image.uuid}`)).json()) as Record<string, unknown>;
    expect(manifest).toEqual(image.manifest);
    expect(manifest).toMatchObject({
      v: 2, uuid: image.uuid, name, version: '2.0', type: 'zvol', os: 'linux', state: 'active', public: true, image_size: 10_240,
      nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host', description: 'As of today',
      files: [{ sha1, size: file.length, compression: 'gzip' }], tags: { resize: true, deploy: false, erigones: ['db', 'web 2'] },
    });
    expect((await admin.run(TASK, { id: taskId })).task).toMatchObject({ phase: 'DONE', bytesDone: bytes.length, bytesTotal: bytes.length });
  });

  it.each([
    ['WINDOWS_VM', 'zvol', 'windows'],
    ['BSD_VM', 'zvol', 'bsd'],
    ['SUNOS_VM', 'zvol', 'smartos'],
    ['SUNOS_ZONE', 'zone-dataset', 'smartos'],
    ['LINUX_ZONE', 'lx-dataset', 'linux'],
  ])('gives an image of a %s the type %s and the os %s', async (osType, type, os) => {
    const hostname = osType.toLowerCase().replace('_', '-');
    await world.server(hostname, { osType, disks: [{ diskId: 1, size: 2048 }, { diskId: 2, size: 512 }], status: 'FROZEN' });
    await world.snapshot(hostname, 'daily', { dataUrl: data.url, diskId: 2, size: 7 });
    const { name, ended } = await create({ server: hostname, diskId: 2 });
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    const { image } = await admin.run(SHOW, { name });
    expect(image).toMatchObject({ size: 512, manifest: { type, os } });
    expect('image_size' in image.manifest).toBe(type === 'zvol');
    expect('nic_driver' in image.manifest).toBe(type === 'zvol');
  });

  it('downloads again from the start when the connection breaks, and stores every byte once', async () => {
    data.answer = first(breaking(bytes, 1_500_000), first(status(503), whole(bytes)));
    const { name, ended } = await create();
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    expect(data.asked).toBe(3);
    const { image } = await admin.run(SHOW, { name });
    const file = await fetch(`${world.gateway.url}/imgapi/images/${image.uuid}/file`);
    expect(gunzipSync(Buffer.from(await file.arrayBuffer())).equals(bytes)).toBe(true);
  });

  it('needs no more memory for a large disk than for a small one', { timeout: 120_000 }, async () => {
    const peakKiB = async (): Promise<number> => Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${world.gateway.child.pid}/status`, 'utf8'))?.[1]);
    await create();
    const before = await peakKiB();
    // Noise does not shrink, so that every step has all of it to carry.
    data.answer = repeated(randomBytes(2 ** 20), LARGE_MIB);
    const { ended, taskId } = await create();
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    expect((await admin.run(TASK, { id: taskId })).task).toMatchObject({ bytesDone: LARGE_MIB * 2 ** 20, bytesTotal: null });
    expect((await peakKiB()) - before).toBeLessThan(72 * 1024);
  });

  it('keeps the image when the snapshot is unregistered', async () => {
    await world.snapshot('web01', 'short-lived', { dataUrl: data.url });
    const { name } = await create({ snapshot: 'short-lived' });
    await admin.run('mutation { unregisterSnapshot(input: { server: "web01", name: "short-lived" }) }');
    expect((await admin.run(SHOW, { name })).image).toMatchObject({ status: 'OK', sourceSnapshot: null });
  });
});

describe('creating an image that fails', () => {
  it.each([
    ['is not there', status(404), 'status 404; 200 is needed'],
    ['needs a sign-in', status(403), 'status 403'],
    ['is empty', whole(Buffer.alloc(0)), 'empty'],
  ])('leaves nothing when the data %s', async (_what, answer, reason) => {
    data.answer = answer;
    const { name, ended } = await create();
    expect(ended).toMatchObject({ status: 'FAILED', errorCode: 'FILE_UNREACHABLE' });
    expect(ended.error).toContain('snapshot daily of disk 1 of server web01');
    expect(ended.error).toContain(reason);
    expect(data.asked).toBe(1);
    await expectNoTrace(name);
  });

  it('gives up when every attempt breaks for as long as an outage is survived', async () => {
    data.answer = breaking(bytes, 1_000_000);
    const { name, ended } = await create();
    expect(ended).toMatchObject({ status: 'FAILED', errorCode: 'FILE_UNREACHABLE' });
    expect(ended.error).toMatch(/for 3 s \(IMPORT_RETRY_FOR\) in \d attempts/);
    expect(data.asked).toBeGreaterThan(2);
    await expectNoTrace(name);
  });

  it('connects to no address inside the network, and shows nobody the secret in the URL', async () => {
    await world.snapshot('web01', 'inside', { dataUrl: 'http://169.254.169.254/latest?signature=secret' });
    const { name, ended } = await create({ snapshot: 'inside' });
    expect(ended).toMatchObject({ status: 'FAILED', errorCode: 'URL_NOT_ALLOWED' });
    expect(ended.error).not.toContain('secret');
    expect(await world.snapshotStatus('web01', 'inside')).toBe('OK');
    await expectNoTrace(name);
  });

  it('can be cancelled while the data stalls, and requested again', async () => {
    data.answer = stalling(bytes, 2_000_000);
    const wanted = input();
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: wanted });
    const { id } = createImageFromSnapshot.task;
    await until(() => data.asked > 0);
    await admin.run(CANCEL, { id });
    // On a busy machine, it still runs for a moment.
    await expect.poll(async () => (await admin.run(TASK, { id })).task).toMatchObject({ status: 'CANCELLED', image: null });
    await expectNoTrace(wanted.name);
    data.answer = whole(bytes);
    expect((await create({ name: wanted.name })).ended).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('continues after a kill during the download, with the right bytes', async () => {
    data.answer = slow(bytes, 2_000_000);
    const wanted = input();
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: wanted });
    await until(async () => (await world.storedFiles()).some((path) => path.endsWith('/unfinished')));
    data.answer = whole(bytes);
    await restart();
    expect(await admin.ended(createImageFromSnapshot.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    const { image } = await admin.run(SHOW, { name: wanted.name });
    const file = await fetch(`${world.gateway.url}/imgapi/images/${image.uuid}/file`);
    expect(gunzipSync(Buffer.from(await file.arrayBuffer())).equals(bytes)).toBe(true);
    expect(await world.snapshotStatus('web01', 'daily')).toBe('OK');
  });

  it('is undone after a kill when the data is gone by then', async () => {
    data.answer = slow(bytes, 2_000_000);
    const wanted = input();
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: wanted });
    await until(async () => (await world.storedFiles()).some((path) => path.endsWith('/unfinished')));
    data.answer = status(410);
    await restart();
    expect(await admin.ended(createImageFromSnapshot.task.id)).toMatchObject({ status: 'FAILED', errorCode: 'FILE_UNREACHABLE' });
    await expectNoTrace(wanted.name);
  });

  it('leaves no pending row and no stray file however often the process is killed', { timeout: 120_000 }, async () => {
    data.answer = slow(bytes, 10_000_000);
    for (let kill = 0; kill < 4; kill += 1) {
      const hostname = `killed-${kill}`;
      await world.server(hostname);
      await world.snapshot(hostname, 'daily', { dataUrl: data.url });
      await admin.run(CREATE, { input: input({ server: hostname }) });
      await new Promise((resolve) => setTimeout(resolve, random() * 500));
      await restart();
    }
    const { tasks } = await admin.run('{ tasks(action: [IMAGE_CREATE], first: 200) { nodes { id } } }');
    for (const task of tasks.nodes) await admin.ended(task.id);
    for (let kill = 0; kill < 4; kill += 1) expect(await world.snapshotStatus(`killed-${kill}`, 'daily')).toBe('OK');
    const { images } = await admin.run('{ images(showAll: true, first: 200) { nodes { uuid status file { sha1 } } } }');
    expect(images.nodes.filter((image: { status: string; file: unknown }) => image.status !== 'OK' || image.file === null)).toEqual([]);
    expect(await world.stored()).toEqual(images.nodes.map((image: { uuid: string }) => image.uuid).sort());
  });
});

describe('creating an image without an image server', () => {
  it('happens in the database alone, also from a snapshot without data, and says so', async () => {
    await world.snapshot('web01', 'bare');
    await world.imageServer(null);
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: input({ name: 'bare', snapshot: 'bare' }) });
    expect(createImageFromSnapshot).toMatchObject({ image: { status: 'OK', size: 10_240, sourceSnapshot: { name: 'bare' } }, task: { status: 'SUCCEEDED' } });
    expect(createImageFromSnapshot.warnings).toEqual([expect.stringContaining('VMS_IMAGE_VM')]);
    expect((await admin.run(SHOW, { name: 'bare' })).image).toMatchObject({ file: null, manifest: { files: [] } });
    expect(await world.snapshotStatus('web01', 'bare')).toBe('OK');
    await world.imageServer('img01');
  });
});
