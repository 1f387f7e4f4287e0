import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestClient } from '../support/gateway.js';
import { World } from '../support/world.js';
import { type DataServer, diskBytes, startDataServer, stalling, whole } from './data-server.js';

const CREATE = `mutation ($input: CreateImageFromSnapshotInput!) {
  createImageFromSnapshot(input: $input) {
    image { uuid name status size dcBound boundDatacenter { name } datacenters { name } owner { username } tags sourceSnapshot { name status } file { sha1 } serverCount manifest }
    task { id action status image { name } datacenter { name } }
    warnings
  }
}`;
const CANCEL = 'mutation ($id: ID!) { cancelTask(id: $id) { status } }';
const bytes = diskBytes(100_000);

let world: World;
let admin: TestClient;
let data: DataServer;
const clients: Record<string, TestClient> = {};

beforeAll(async () => {
  data = await startDataServer(whole(bytes));
  world = await World.start();
  ({ admin } = world);
  clients.S = admin;
  clients.A = new TestClient(world.gateway.url, null);
  const people: [string, string[], string][] = [
    ['U', [], 'north'],
    ['D', ['ADMIN'], 'north'],
    ['I', ['ADMIN', 'IMAGE_ADMIN'], 'north'],
    ['M', ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'], 'north'],
    ['N', ['IMAGE_ADMIN'], 'north'],
    ['X', ['ADMIN', 'IMAGE_ADMIN'], 'south'],
  ];
  for (const [name, permissions, datacenter] of people) clients[name] = (await world.person(name, { permissions, datacenter })).client;
  await world.server('admins', { datacenter: 'north' });
  await world.server('u-own', { datacenter: 'north', owner: 'U' });
  await world.server('n-own', { datacenter: 'north', owner: 'N' });
  await world.server('x-own', { datacenter: 'north', owner: 'X' });
  for (const server of ['admins', 'u-own', 'n-own', 'x-own']) await world.snapshot(server, 'daily', { dataUrl: data.url });
  await world.server('web01');
  await world.snapshot('web01', 'daily', { dataUrl: data.url });
});
afterAll(async () => {
  await world?.close();
  await data?.close();
});
beforeEach(() => {
  data.answer = whole(bytes);
});

let count = 0;
const input = (fields: Record<string, unknown> = {}) => ({ server: 'web01', snapshot: 'daily', name: `image-${(count += 1)}`, ...fields });

async function code(fields: Record<string, unknown>, client: TestClient = admin): Promise<string> {
  return client.code(CREATE, { input: input(fields) });
}

/** Cancels a task and waits until it has ended: a running one notices it a moment later. */
async function cancel(id: string): Promise<void> {
  await admin.run(CANCEL, { id });
  await admin.ended(id);
}

describe('who may create an image from a snapshot', () => {
  it.each([
    ['A', 'admins', 'UNAUTHENTICATED'],
    ['U', 'admins', 'NOT_FOUND'],
    ['U', 'u-own', 'FORBIDDEN'],
    ['D', 'admins', 'FORBIDDEN'],
    ['I', 'admins', 'data'],
    ['X', 'admins', 'NOT_FOUND'],
    ['X', 'x-own', 'NOT_FOUND'],
    ['M', 'u-own', 'data'],
    ['N', 'admins', 'NOT_FOUND'],
    ['N', 'n-own', 'FORBIDDEN'],
    ['S', 'n-own', 'data'],
  ])('%s, of the server %s: %s', async (persona, server, expected) => {
    const { data: answer, errors } = await (clients[persona] as TestClient).send(CREATE, { input: input({ server }) });
    expect(errors[0]?.extensions.code ?? 'data').toBe(expected);
    const taskId: string | undefined = answer?.createImageFromSnapshot.task.id;
    if (taskId !== undefined) await admin.ended(taskId);
  });

  it('becomes the owner, and the image is bound to the datacenter of the server', async () => {
    const { createImageFromSnapshot } = await (clients.I as TestClient).run(CREATE, { input: input({ server: 'u-own', dryRun: true }) });
    expect(createImageFromSnapshot.image).toMatchObject({ owner: { username: 'I' }, dcBound: true, boundDatacenter: { name: 'north' } });
  });

  it('is told which permission is missing where', async () => {
    const { errors } = await (clients.D as TestClient).send(CREATE, { input: input({ server: 'admins' }) });
    expect(errors[0]?.extensions.requires).toEqual({ permissions: ['IMAGE_ADMIN'], datacenter: 'north' });
  });
});

describe('the errors of a creation, and their order', () => {
  it('checks the permission before the snapshot, and the snapshot before the input', async () => {
    expect(await code({ server: 'nowhere', snapshot: 'none', name: '' })).toBe('NOT_FOUND');
    expect(await code({ server: 'admins', snapshot: 'none', name: '' }, clients.D)).toBe('FORBIDDEN');
    expect(await code({ snapshot: 'none', name: '' })).toBe('NOT_FOUND');
    expect(await code({ diskId: 2, name: '' })).toBe('NOT_FOUND');
  });

  it('names every broken field at once', async () => {
    const broken = { name: '-no', alias: '<b>', version: '', description: 'x'.repeat(129), owner: 'nobody', tags: ['ok', 'ok', 'a,b'] };
    const { errors } = await admin.send(CREATE, { input: input(broken) });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const fields = errors[0]?.extensions.fields as { path: string; message: string }[];
    expect(fields.map((field) => field.path).sort()).toEqual(['alias', 'description', 'name', 'owner', 'tags.1', 'tags.2', 'version']);
    expect(fields.find((field) => field.path === 'owner')?.message).toContain('nobody');
  });

  it.each(['PENDING', 'ROLLBACK', 'LOST'])('refuses a snapshot that is %s, even where the server is not operational', async (status) => {
    await world.server(`of-${status.toLowerCase()}`, { status: 'ERROR' });
    await world.snapshot(`of-${status.toLowerCase()}`, 'odd', { status, dataUrl: data.url });
    const { errors } = await admin.send(CREATE, { input: input({ server: `of-${status.toLowerCase()}`, snapshot: 'odd' }) });
    expect(errors[0]?.extensions.code).toBe('SNAPSHOT_NOT_READY');
    expect(errors[0]?.message).toContain(status);
  });

  it.each([
    ['RUNNING', 'data'],
    ['STOPPED', 'data'],
    ['STOPPING', 'data'],
    ['FROZEN', 'data'],
    ['PENDING', 'SERVER_NOT_OPERATIONAL'],
    ['CREATING', 'SERVER_NOT_OPERATIONAL'],
    ['ERROR', 'SERVER_NOT_OPERATIONAL'],
    ['NOT_CREATED', 'SERVER_NOT_OPERATIONAL'],
  ])('of a server that is %s: %s', async (status, expected) => {
    const server = `is-${status.toLowerCase().replace('_', '-')}`;
    await world.server(server, { status });
    await world.snapshot(server, 'daily', { dataUrl: data.url });
    expect(await code({ server })).toBe(expected);
  });

  it('refuses a snapshot that an image is being created from, and neither it nor its server can be unregistered', async () => {
    const uuid = await world.server('busy');
    await world.snapshot('busy', 'daily', { dataUrl: data.url });
    data.answer = stalling(bytes, 1000);
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: input({ server: 'busy' }) });
    expect(await code({ server: 'busy' })).toBe('SNAPSHOT_NOT_READY');
    expect(await admin.code('mutation { unregisterSnapshot(input: { server: "busy", name: "daily" }) }')).toBe('SNAPSHOT_NOT_READY');
    const { errors } = await admin.send('mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }', { uuid });
    expect(errors[0]?.extensions.code).toBe('SNAPSHOT_NOT_READY');
    expect(errors[0]?.message).toContain(createImageFromSnapshot.image.name);
    await cancel(createImageFromSnapshot.task.id);
    expect(await admin.run('mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }', { uuid })).toEqual({ unregisterServer: uuid });
  });

  it('refuses a name, and an alias with its version, that another image has, before the limit', async () => {
    await admin.ended((await admin.run(CREATE, { input: input({ name: 'taken', alias: 'Golden', version: '7' }) })).createImageFromSnapshot.task.id);
    expect(await code({ name: 'taken' })).toBe('ALREADY_EXISTS');
    expect(await code({ alias: 'GOLDEN', version: '7' })).toBe('ALREADY_EXISTS');
    expect(await code({ alias: 'GOLDEN', version: '8', dryRun: true })).toBe('data');
    await limit('main', 0);
    expect(await code({ name: 'taken' })).toBe('ALREADY_EXISTS');
    expect(await code({})).toBe('IMAGE_LIMIT_REACHED');
    await limit('main', null);
  });

  it('creates exactly as many as the limit allows, however many are requested at once', async () => {
    const servers = Array.from({ length: 8 }, (_, at) => `crowd-${at}`);
    for (const server of servers) {
      await world.server(server, { datacenter: 'south' });
      await world.snapshot(server, 'daily', { dataUrl: data.url });
    }
    await limit('south', 3);
    const codes = await Promise.all(servers.map((server) => code({ server })));
    expect(codes.filter((one) => one === 'data')).toHaveLength(3);
    expect(codes.filter((one) => one === 'IMAGE_LIMIT_REACHED')).toHaveLength(5);
  });

  it('creates one image when many are requested from the same snapshot at once', async () => {
    await world.server('wanted');
    await world.snapshot('wanted', 'daily', { dataUrl: data.url });
    data.answer = stalling(bytes, 1000);
    const answers = await Promise.all(Array.from({ length: 6 }, () => admin.send(CREATE, { input: input({ server: 'wanted' }) })));
    const codes = answers.map(({ errors }) => errors[0]?.extensions.code ?? 'data').sort();
    expect(codes).toEqual([...Array(5).fill('SNAPSHOT_NOT_READY'), 'data'].sort());
    for (const { data: answer } of answers) if (answer) await cancel(answer.createImageFromSnapshot.task.id);
  });

  it('creates from a snapshot or unregisters it, never both, when both are requested at once', async () => {
    await world.server('racing');
    data.answer = stalling(bytes, 1000);
    for (let round = 0; round < 6; round += 1) {
      const name = `race-${round}`;
      await world.snapshot('racing', name, { dataUrl: data.url });
      const forgotten = admin.code('mutation ($input: SnapshotKeyInput!) { unregisterSnapshot(input: $input) }', { input: { server: 'racing', name } });
      const { data: answer, errors } = await admin.send(CREATE, { input: input({ server: 'racing', snapshot: name }) });
      expect([errors[0]?.extensions.code ?? 'data', await forgotten]).toEqual(answer ? ['data', 'SNAPSHOT_NOT_READY'] : ['NOT_FOUND', 'data']);
      if (answer) await cancel(answer.createImageFromSnapshot.task.id);
    }
  });

  it('refuses before anything changes: last an unavailable image server, then a snapshot without dataUrl', async () => {
    const before = await world.imageNames();
    await world.snapshot('web01', 'bare');
    const { errors } = await admin.send(CREATE, { input: input({ snapshot: 'bare' }) });
    expect(errors[0]).toMatchObject({ extensions: { code: 'FILE_UNREACHABLE' }, message: expect.stringContaining('dataUrl') });
    const { server } = await admin.run('{ server(hostname: "img01") { uuid } }');
    const set = (status: string) => admin.run('mutation ($input: UpdateServerInput!) { updateServer(input: $input) { status } }', { input: { uuid: server.uuid, status } });
    await set('ERROR');
    expect(await code({ name: 'taken' })).toBe('ALREADY_EXISTS');
    expect(await code({})).toBe('IMAGE_SERVER_UNAVAILABLE');
    expect(await code({ dryRun: true })).toBe('IMAGE_SERVER_UNAVAILABLE');
    await set('STOPPED');
    expect(await code({ dryRun: true })).toBe('data');
    expect(await world.imageNames()).toEqual(before);
    expect(await world.snapshotStatus('web01', 'daily')).toBe('OK');
  });
});

describe('a dry run', () => {
  /** Everything that a SuperAdmin can see, and every file. */
  async function state(): Promise<string> {
    const shown = await admin.run(`{ images(showAll: true, showDeleted: true, first: 200) { nodes { uuid name status updatedAt tags } totalCount }
      tasks(first: 1) { nodes { id } totalCount } server(hostname: "web01") { snapshots { name status } } }`);
    const files = (await readdir(join(world.folder.path, 'images'), { recursive: true })).sort();
    return createHash('sha1').update(JSON.stringify([shown, files])).digest('hex');
  }

  it('says what would happen, shows what would be stored, and changes nothing', async () => {
    const before = await state();
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: input({ name: 'rehearsed', tags: ['x'], dryRun: true }) });
    expect(createImageFromSnapshot).toMatchObject({
      image: {
        name: 'rehearsed', status: 'PENDING', size: 10_240, dcBound: true, boundDatacenter: { name: 'main' }, datacenters: [{ name: 'main' }],
        owner: { username: 'admin' }, tags: ['x'], sourceSnapshot: { name: 'daily', status: 'PENDING' }, file: null, serverCount: 0,
        manifest: { name: 'rehearsed', type: 'zvol', os: 'linux', image_size: 10_240, tags: { erigones: ['x'] } },
      },
      task: { action: 'IMAGE_CREATE', status: 'PENDING', image: { name: 'rehearsed' }, datacenter: { name: 'main' } },
      warnings: [
        'Image rehearsed (LINUX_VM, 10240 MiB) will be created from snapshot daily of server web01, bound to datacenter main.',
        'The snapshot will be PENDING until its bytes have been read.',
      ],
    });
    expect(await state()).toBe(before);
    expect(await admin.run('query ($id: ID!) { task(id: $id) { id } }', { id: createImageFromSnapshot.task.id }).catch(() => 'gone')).toEqual(expect.anything());
    expect(await admin.run('{ image(name: "rehearsed") { name } }')).toEqual({ image: null });
  });

  it('refuses what the creation refuses', async () => {
    const before = await state();
    expect(await code({ dryRun: true, name: 'taken' })).toBe('ALREADY_EXISTS');
    expect(await code({ dryRun: true, name: '-' })).toBe('BAD_USER_INPUT');
    expect(await code({ dryRun: true, snapshot: 'none' })).toBe('NOT_FOUND');
    expect(await code({ dryRun: true, snapshot: 'bare' })).toBe('FILE_UNREACHABLE');
    expect(await code({ dryRun: true, server: 'admins' }, clients.D)).toBe('FORBIDDEN');
    expect(await state()).toBe(before);
  });

  it('warns about a missing image server', async () => {
    await world.imageServer(null);
    const { createImageFromSnapshot } = await admin.run(CREATE, { input: input({ dryRun: true, snapshot: 'bare' }) });
    expect(createImageFromSnapshot).toMatchObject({ image: { status: 'OK' }, task: { status: 'SUCCEEDED' } });
    expect(createImageFromSnapshot.warnings).toHaveLength(2);
    expect(createImageFromSnapshot.warnings[1]).toContain('VMS_IMAGE_VM');
    await world.imageServer('img01');
  });
});

async function limit(datacenter: string, vmsImageLimit: number | null): Promise<void> {
  await admin.run('mutation ($input: UpdateDatacenterSettingsInput!) { updateDatacenterSettings(input: $input) { name } }', { input: { datacenter, vmsImageLimit } });
}
