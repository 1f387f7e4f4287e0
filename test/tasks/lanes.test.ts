import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestClient } from '../support/gateway.js';
import { IMPORTER, type Person, World } from '../support/world.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';
const CANCEL = 'mutation ($id: ID!) { cancelTask(id: $id) { status attempts } }';
/** On a busy machine. */
const SOON = { timeout: 20_000 };
const TASK = 'query ($id: ID!) { task(id: $id) { status phase attempts detail } }';

let world: World;
let bob: Person;
const open: string[] = [];

beforeAll(async () => {
  world = await World.start({ settings: { IMPORT_CONCURRENCY: '2' } });
  bob = await world.person('bob', { permissions: IMPORTER, datacenter: 'main' });
});
afterEach(async () => {
  world.repository.fail = {};
  for (const id of open.splice(0)) await world.admin.send(CANCEL, { id });
});
afterAll(() => world?.close());

/** Starts an import; the id of its task. */
async function begin(client: TestClient = world.admin, fields: Record<string, unknown> = {}): Promise<string> {
  const name = world.unique('lane');
  const { manifestUrl } = world.offer({ name, version: name });
  const { importImage } = await client.run(IMPORT, { input: { name, manifestUrl, datacenter: 'main', ...fields } });
  open.push(importImage.task.id);
  return importImage.task.id;
}

const state = async (id: string): Promise<{ status: string; phase: string; attempts: number; detail: Record<string, any> }> => (await world.admin.run(TASK, { id })).task; // oxlint-disable-line typescript/no-explicit-any -- the detail depends on the action
const phase = async (id: string): Promise<string> => (await state(id)).phase;

async function cancelled(id: string): Promise<{ tookMs: number; status: string; attempts: number }> {
  const began = performance.now();
  const { cancelTask } = await world.admin.run(CANCEL, { id });
  return { ...cancelTask, tookMs: performance.now() - began };
}

describe('downloads that stall', () => {
  it('hold up neither updates nor deletions, verifications nor loads of repositories', async () => {
    const [changed, gone] = [await world.image(), await world.image()];
    await world.addRepository('remote');
    world.repository.fail = { file: 'silence' };
    const stalled = [await begin(), await begin(), await begin()];
    await expect.poll(async () => phase(stalled[1]!), SOON).toBe('DOWNLOADING');
    const { updateImage } = await world.admin.run(`mutation { updateImage(input: { name: "${changed.name}", description: "new" }) { task { id } } }`);
    const { verifyImage } = await world.admin.run(`mutation { verifyImage(name: "${gone.name}") { task { id } } }`);
    expect(await world.admin.ended(updateImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.admin.ended(verifyImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    const { deleteImage } = await world.admin.run(`mutation { deleteImage(input: { name: "${gone.name}" }) { task { id } } }`);
    expect(await world.admin.ended(deleteImage.task.id)).toMatchObject({ status: 'SUCCEEDED' });
    await world.loadRepository('remote');
    expect(await phase(stalled[2]!)).toBe('QUEUED');
  });

  it('are cancelled at once, and so are those that wait behind them', async () => {
    world.repository.fail = { file: 'silence' };
    const tasks = [await begin(), await begin(), await begin()];
    await expect.poll(async () => phase(tasks[1]!), SOON).toBe('DOWNLOADING');
    const queued = await cancelled(tasks[2]!);
    expect(queued).toMatchObject({ status: 'CANCELLED', attempts: 0 });
    expect(queued.tookMs).toBeLessThan(5000);
    const running = await cancelled(tasks[0]!);
    expect(running.tookMs).toBeLessThan(5000);
    await expect.poll(async () => (await state(tasks[0]!)).status).toBe('CANCELLED');
  });

  it('are cancelled while they connect', async () => {
    // It takes connections and never answers the greeting of TLS.
    const mute = createServer(() => undefined);
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const connected = once(mute, 'connection');
    const id = await begin(world.admin, { fileUrl: `https://127.0.0.1:${(mute.address() as AddressInfo).port}/file` });
    await connected;
    expect(await phase(id)).toBe('DOWNLOADING');
    await cancelled(id);
    await expect.poll(async () => (await state(id)).status).toBe('CANCELLED');
    mute.close();
  });
});

describe('imports that wait', () => {
  it('of several users take turns', async () => {
    world.repository.fail = { file: 'silence' };
    const mine = [await begin(), await begin(), await begin(), await begin()];
    const his = await begin(bob.client);
    await expect.poll(async () => phase(mine[1]!), SOON).toBe('DOWNLOADING');
    await cancelled(mine[0]!);
    await expect.poll(async () => phase(his), SOON).toBe('DOWNLOADING');
    expect([await phase(mine[2]!), await phase(mine[3]!)]).toEqual(['QUEUED', 'QUEUED']);
  });

  it('for a source that is out say so, let others go on, and go on themselves once it is back', async () => {
    const out = await World.start({ settings: { IMPORT_CONCURRENCY: '1' } });
    out.repository.fail = { file: 'status500' };
    const { data } = await out.import('waiting');
    const id: string = data?.importImage.task.id;
    const waiting = async (): Promise<unknown> => (await out.admin.run(TASK, { id })).task.detail.waiting;
    await expect.poll(waiting, SOON).toMatchObject({ reason: 'the server answered 500', attempts: expect.any(Number) as number, since: expect.any(String) as string, nextAttemptAt: expect.any(String) as string });
    // The pauses grow: one of them is long enough for another import.
    const other = await startSecond(out);
    expect(await out.admin.ended(other)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await out.admin.run(TASK, { id })).task).toMatchObject({ status: 'RUNNING', attempts: 1 });
    out.repository.fail = {};
    expect(await out.admin.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await waiting()).toBeUndefined();
    await out.close();
  });

  it('for a source that is out say so no longer once they ask again after a kill, or are cancelled', async () => {
    const out = await World.start();
    const detail = async (id: string): Promise<unknown> => (await out.admin.run(TASK, { id })).task.detail;
    const waits = async (name: string): Promise<string> => {
      out.repository.fail = { file: 'status500' };
      const { data } = await out.import(name);
      await expect.poll(async () => detail(data?.importImage.task.id), SOON).toHaveProperty('waiting');
      return data?.importImage.task.id;
    };
    const gone = await waits('gone');
    await out.admin.run(CANCEL, { id: gone });
    expect(await out.admin.ended(gone)).toMatchObject({ status: 'CANCELLED' });
    expect(await detail(gone)).not.toHaveProperty('waiting');
    const id = await waits('again');
    out.repository.fail = { file: 'silence' };
    await out.restart();
    await expect.poll(async () => (await out.admin.run(TASK, { id })).task, SOON).toMatchObject({ attempts: 2, phase: 'DOWNLOADING' });
    await expect.poll(async () => detail(id), SOON).not.toHaveProperty('waiting');
    await out.admin.run(CANCEL, { id });
    await out.close();
  });
});

/** An import from the other world's repository, which answers. */
async function startSecond(out: World): Promise<string> {
  const { data } = await out.import('second', {}, world.offer({ name: 'second', version: '2' }));
  return data?.importImage.task.id;
}
