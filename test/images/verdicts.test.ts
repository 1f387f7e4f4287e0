import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { saidBy, tryCancel, tryOnImage, type Verdict } from '../oracle/verdicts.js';
import type { TestClient } from '../support/gateway.js';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

const SHOWN = '{ action allowed code reason requires { permissions datacenter } }';
const IMAGES = ['plain', 'pending', 'base', 'child', 'used', 'loose', 'spread'];

let world: World;
let people: StaffedWorld['people'];
let pendingTask: string;
let manifestUrl: string;

/** States that random worlds do not have: a running task, base images, an image server, a full datacenter. */
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  const base = await world.image('base', { access: 'PUBLIC' });
  await world.image('child', { access: 'PUBLIC' }, { manifest: { origin: base.uuid } });
  for (const name of ['plain', 'used', 'spread']) await world.image(name, { access: 'PUBLIC' });
  await world.image('loose', { access: 'PUBLIC', dcBound: false });
  await world.attach('loose', 'beta');
  await world.attach('spread', 'beta');
  await world.server('user-of-used', { image: 'used' });
  ({ manifestUrl } = world.offer({ name: 'new' }));
  world.repository.fail.file = 'stall';
  const stalled = world.offer({ name: 'pending' });
  const { data } = await people.anna.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input: { name: 'pending', manifestUrl: stalled.manifestUrl, datacenter: 'alpha' } });
  pendingTask = data?.importImage.task.id;
  await vi.waitUntil(() => world.repository.requests.some(({ url }) => url === `/images/${stalled.uuid}/file`), { timeout: 20_000 });
  // Its own download goes on to stall; others are answered.
  world.repository.fail.file = undefined;
});
afterAll(async () => world?.close());

function everybody(): [string, TestClient][] {
  return [['admin', world.admin], ...Object.entries(people).filter(([username]) => username !== 'otto')];
}

async function verdictsOn(client: TestClient, image: string): Promise<Map<string, Verdict[]> | null> {
  const data = await client.run(`query ($n: String!) { image(name: $n) { alpha: actions(datacenter: "alpha") ${SHOWN} beta: actions(datacenter: "beta") ${SHOWN} gone: actions(datacenter: "gone") ${SHOWN} } }`, { n: image });
  return data.image === null ? null : new Map(Object.entries(data.image));
}

async function compareAll(): Promise<void> {
  for (const [username, client] of everybody()) {
    for (const name of IMAGES) {
      const { image } = await client.run('query ($n: String!) { image(name: $n) { boundDatacenter { name } } }', { n: name });
      for (const [datacenter, verdicts] of (await verdictsOn(client, name)) ?? []) {
        // Only attaching and detaching depend on where.
        const compared = datacenter === 'alpha' ? verdicts.filter(({ action }) => action !== 'USE') : verdicts.filter(({ action }) => action.endsWith('TACH'));
        for (const verdict of compared) {
          const said = await tryOnImage(client, verdict.action, { name, bound: image.boundDatacenter?.name ?? null }, datacenter);
          expect({ username, name, datacenter, ...verdict }).toEqual({ username, name, datacenter, action: verdict.action, ...said });
        }
      }
    }
    await compareNewImages(username, client);
  }
}

async function compareNewImages(username: string, client: TestClient): Promise<void> {
  for (const name of ['alpha', 'main']) {
    const { datacenter } = await client.run(`query ($n: String!) { datacenter(name: $n) { actions(only: [IMPORT_UNBOUND, IMPORT]) ${SHOWN} } }`, { n: name });
    const verdicts: Verdict[] = datacenter?.actions ?? [];
    expect(verdicts.map(({ action }) => action)).toEqual(datacenter === null ? [] : ['IMPORT', 'IMPORT_UNBOUND']);
    for (const verdict of verdicts) {
      const input = { name: 'new', manifestUrl, dryRun: true, ...(verdict.action === 'IMPORT' ? { datacenter: name } : { dcBound: false }) };
      const said = saidBy(await client.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { warnings } }', { input }));
      expect({ username, name, ...verdict }).toEqual({ username, name, action: verdict.action, ...said });
    }
  }
}

async function codes(client: TestClient, image: string, only: string): Promise<(string | null)[]> {
  const data = await client.run(`query ($n: String!) { image(name: $n) { actions(datacenter: "alpha", only: ${only}) { code } } }`, { n: image });
  return data.image.actions.map(({ code }: Verdict) => code);
}

async function setImageServer(status: string): Promise<void> {
  const { server } = await world.admin.run('{ server(hostname: "img01") { uuid } }');
  await world.admin.run('mutation ($input: UpdateServerInput!) { updateServer(input: $input) { uuid } }', { input: { uuid: server.uuid, status } });
}

describe('verdicts', () => {
  it('are those of the operations while a task runs, with base images and with used ones', async () => {
    expect(await codes(people.anna, 'pending', '[DELETE, UPDATE]')).toEqual(['IMAGE_NOT_READY', 'IMAGE_NOT_READY']);
    expect(await codes(world.admin, 'base', '[DELETE]')).toEqual(['IMAGE_HAS_CHILDREN']);
    expect(await codes(world.admin, 'used', '[DETACH, DELETE]')).toEqual(['IMAGE_IN_USE', 'IMAGE_IN_USE']);
    expect(await codes(world.admin, 'used', '[]')).toEqual([]);
    await compareAll();
  });

  it('are those of the operations where a datacenter is full', async () => {
    for (const datacenter of ['alpha', 'beta']) await world.admin.run('mutation ($d: String!) { updateDatacenterSettings(input: { datacenter: $d, vmsImageLimit: 0 }) { name } }', { d: datacenter });
    expect(await codes(world.admin, 'loose', '[CHANGE_DC_BOUND]')).toEqual(['IMAGE_LIMIT_REACHED']);
    await compareAll();
    for (const datacenter of ['alpha', 'beta']) await world.admin.run('mutation ($d: String!) { updateDatacenterSettings(input: { datacenter: $d, vmsImageLimit: null }) { name } }', { d: datacenter });
  });

  it('are those of the operations while the image server is away', async () => {
    await setImageServer('ERROR');
    expect(await codes(people.anna, 'plain', '[UPDATE, DELETE, USE]')).toEqual(['IMAGE_SERVER_UNAVAILABLE', 'IMAGE_SERVER_UNAVAILABLE', null]);
    await compareAll();
    await setImageServer('RUNNING');
  });
});

describe('Task.cancel', () => {
  it('says whether cancelTask is allowed, before and after', async () => {
    const ask = async (client: TestClient) => (await client.run('query ($id: ID!) { task(id: $id) { cancel { allowed code reason } } }', { id: pendingTask })).task?.cancel ?? null;
    const verdicts = new Map(await Promise.all(everybody().map(async ([username, client]) => [username, await ask(client)] as const)));
    expect(verdicts.get('anna')).toEqual({ allowed: true, code: null, reason: null });
    expect(verdicts.get('admin')).toEqual({ allowed: true, code: null, reason: null });
    expect(verdicts.get('peter')).toBeNull();
    const { requires: _missing, ...said } = await tryCancel(people.dora, pendingTask);
    expect([said.code, verdicts.get('dora')]).toEqual(['FORBIDDEN', said]);
    expect((await tryCancel(people.anna, pendingTask)).allowed).toBe(true);
    await world.admin.ended(pendingTask);
    const { requires: _requires, ...late } = await tryCancel(people.anna, pendingTask);
    expect([late.code, await ask(people.anna)]).toEqual(['TASK_NOT_CANCELLABLE', late]);
  });
});
