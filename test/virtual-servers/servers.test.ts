import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, TestClient } from '../support/gateway.js';
import { IMPORTER, World } from '../support/world.js';

const REGISTER = 'mutation ($input: RegisterServerInput!) { registerServer(input: $input) { hostname } }';
const UPDATE = `mutation ($input: UpdateServerInput!) {
  updateServer(input: $input) { hostname status datacenter { name } owner { username } ownTags disks { diskId size image { name } } }
}`;
const UNREGISTER = 'mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }';
const SERVER = 'query ($hostname: String!) { server(hostname: $hostname) { uuid osType status isImageServer ownTags tags disks { diskId size image { name } } snapshots { name } datacenter { name } owner { username } } }';

let world: World;
let admin: TestClient;
let img01: string;

beforeAll(async () => {
  world = await World.start();
  ({ admin } = world);
  img01 = (await admin.run('{ server(hostname: "img01") { uuid } }')).server.uuid;
  // At database level: the rules of disks are the same, and nothing has to wait for bytes.
  await world.imageServer(null);
  await world.person('olga');
  for (const name of ['north', 'south']) await world.datacenter(name);
  await world.image('public', { access: 'PUBLIC', tags: ['inherited', 'both'] });
  await world.image('of-olga', { owner: 'olga' });
  await world.image('private');
  await world.image('growing', { access: 'PUBLIC', resize: true });
  await world.image('deleted', { access: 'DELETED' });
  await world.image('northern', { access: 'PUBLIC', datacenter: 'north' });
  await world.image('windows', { access: 'PUBLIC' }, { os: 'windows' });
  await world.image('zone', { access: 'PUBLIC' }, { type: 'zone-dataset', os: 'smartos' });
});
afterAll(async () => {
  await world?.close();
});

async function update(uuid: string, fields: Record<string, unknown>): Promise<Answer> {
  return admin.send(UPDATE, { input: { uuid, ...fields } });
}

async function show(hostname: string): Promise<Record<string, unknown>> {
  return (await admin.run(SERVER, { hostname })).server;
}

function paths(errors: Answer['errors']): string[] {
  const fields = (errors[0]?.extensions.fields ?? []) as { path: string }[];
  return fields.map((field) => field.path).sort();
}

const disk = (image: string | null, fields: Record<string, unknown> = {}) => ({ diskId: 1, size: 10_240, image, ...fields });

function registering(fields: Record<string, unknown>): Promise<Answer> {
  const input = { uuid: randomUUID(), hostname: `h-${randomUUID()}`, datacenter: 'main', owner: 'admin', osType: 'LINUX_VM', ...fields };
  return admin.send(REGISTER, { input });
}

describe('registering a server', () => {
  it('stores it with its disks, and shows its tags and those of its image, each once', async () => {
    await world.server('web01', { tags: ['own', 'both'], disks: [disk('public'), { diskId: 2, size: 5 }], addresses: ['10.0.0.1', 'fd00::1'] });
    expect(await show('web01')).toMatchObject({
      osType: 'LINUX_VM', status: 'RUNNING', isImageServer: false, ownTags: ['own', 'both'], tags: ['own', 'both', 'inherited'],
      disks: [{ diskId: 1, size: 10_240, image: { name: 'public' } }, { diskId: 2, size: 5, image: null }], datacenter: { name: 'main' }, owner: { username: 'admin' },
    });
    const { image } = await admin.run('{ image(name: "public") { serverCount servers { nodes { hostname } } } }');
    expect(image).toEqual({ serverCount: 1, servers: { nodes: [{ hostname: 'web01' }] } });
  });

  it('names every broken value at once, unknown names among them', async () => {
    const { errors } = await registering({
      hostname: '-no-', datacenter: '', owner: 'nobody', tags: ['a', 'a'], addresses: ['1.2.3'],
      disks: [{ diskId: 0, size: 0 }, { diskId: 1, size: 1, image: 'nothing' }, { diskId: 1, size: 1 }],
    });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(paths(errors)).toEqual(['addresses.0', 'datacenter', 'disks.0.diskId', 'disks.0.size', 'disks.1.image', 'disks.2.diskId', 'hostname', 'owner', 'tags.1']);
  });

  it('refuses an owner who is no longer active', async () => {
    await world.person('gone');
    await admin.run('mutation { updateUser(input: { username: "gone", active: false }) { username } }');
    const { errors } = await registering({ owner: 'gone' });
    expect(errors[0]?.extensions.fields).toMatchObject([{ path: 'owner', code: 'NOT_FOUND', message: expect.stringContaining('gone') }]);
  });

  it('refuses a uuid and a host name that are taken, also at the same moment', async () => {
    const uuid = await world.server('taken');
    for (const fields of [{ uuid }, { hostname: 'taken' }]) expect((await registering(fields)).errors[0]?.extensions.code).toBe('ALREADY_EXISTS');
    const crowd = await Promise.all(Array.from({ length: 5 }, () => registering({ hostname: 'crowd' })));
    expect(crowd.map(({ errors }) => errors[0]?.extensions.code ?? 'data').sort()).toEqual([...Array(4).fill('ALREADY_EXISTS'), 'data'].sort());
  });

  it.each([
    ['northern', {}, 'not attached to datacenter main'],
    ['deleted', {}, 'DELETED'],
    ['of-olga', {}, 'PRIVATE'],
    ['private', { owner: 'olga' }, 'PRIVATE'],
    ['windows', {}, 'OS type'],
    ['public', { disks: [disk('public', { diskId: 2 })] }, 'only disk 1'],
    ['public', { disks: [disk('public', { size: 20_480 })] }, 'exactly 10240 MiB'],
    ['growing', { disks: [disk('growing', { size: 10_239 })] }, 'at least 10240'],
  ])('refuses a disk from the image %s with %o, naming the rule', async (image, fields, rule) => {
    // An admin may use private images of others: somebody else owns these.
    const { errors } = await registering({ owner: image === 'private' ? 'olga' : 'pavel', disks: [disk(image)], ...fields });
    expect(errors[0]?.extensions.code).toBe('IMAGE_NOT_USABLE');
    expect(errors[0]?.message).toContain(image);
    expect(errors[0]?.message).toContain(rule);
  });

  it.each([
    ['public', {}],
    ['of-olga', { owner: 'olga' }],
    ['of-olga', { owner: 'admin' }],
    ['northern', { datacenter: 'north' }],
    ['growing', { disks: [disk('growing', { size: 20_480 })] }],
    ['zone', { osType: 'SUNOS_ZONE', disks: [disk('zone', { size: 1 })] }],
  ])('takes a disk from the image %s with %o', async (image, fields) => {
    expect((await registering({ disks: [disk(image)], ...fields })).errors).toEqual([]);
  });

  beforeAll(async () => {
    await world.person('pavel');
  });
});

describe('changing a server', () => {
  it('changes what is given and nothing else', async () => {
    const uuid = await world.server('change-me', { tags: ['a'], disks: [disk('public')] });
    const { data } = await update(uuid, { hostname: 'changed', status: 'FROZEN' });
    expect(data?.updateServer).toEqual({
      hostname: 'changed', status: 'FROZEN', datacenter: { name: 'main' }, owner: { username: 'admin' }, ownTags: ['a'], disks: [{ diskId: 1, size: 10_240, image: { name: 'public' } }],
    });
    expect((await update(uuid, { hostname: 'changed', tags: [], disks: [] })).data?.updateServer).toMatchObject({ ownTags: [], disks: [] });
  });

  it('moves it to another datacenter and owner, where its disk keeps an image that it could not newly take', async () => {
    const uuid = await world.server('moving', { owner: 'admin', disks: [disk('private')] });
    const moved = await update(uuid, { datacenter: 'south', owner: 'olga', disks: [disk('private')] });
    expect(moved.data?.updateServer).toMatchObject({ datacenter: { name: 'south' }, owner: { username: 'olga' }, disks: [{ image: { name: 'private' } }] });
    expect((await update(uuid, { disks: [disk(null)] })).errors).toEqual([]);
    expect((await update(uuid, { disks: [disk('private')] })).errors[0]?.extensions.code).toBe('IMAGE_NOT_USABLE');
  });

  it('checks a new image against the datacenter that the server moves to', async () => {
    const uuid = await world.server('going-north');
    expect((await update(uuid, { disks: [disk('northern')] })).errors[0]?.message).toContain('datacenter main');
    expect((await update(uuid, { datacenter: 'north', disks: [disk('northern')] })).errors).toEqual([]);
    expect((await update(uuid, { owner: 'olga', disks: [disk('of-olga')] })).errors[0]?.message).toContain('datacenter north');
  });

  it('keeps an image that has become DELETED since, with its tags', async () => {
    await world.image('fading', { access: 'PUBLIC', tags: ['old'] });
    const uuid = await world.server('keeper', { disks: [disk('fading')] });
    await admin.run('mutation { updateImage(input: { name: "fading", alias: "fading", version: "1.0", access: DELETED, description: "", resize: false, deploy: false, tags: ["old"] }) { image { name } } }');
    expect((await update(uuid, { disks: [disk('fading'), { diskId: 2, size: 1 }] })).errors).toEqual([]);
    expect(await show('keeper')).toMatchObject({ tags: ['old'], disks: [{ image: { name: 'fading' } }, { image: null }] });
    expect((await registering({ disks: [disk('fading')] })).errors[0]?.extensions.code).toBe('IMAGE_NOT_USABLE');
    expect(await admin.code('mutation { deleteImage(input: { name: "fading" }) { name } }')).toBe('IMAGE_IN_USE');
  });

  it('refuses an unknown server, an unknown datacenter and a host name of another server, and changes nothing', async () => {
    const uuid = await world.server('steady');
    await world.server('other');
    expect((await update(randomUUID(), { status: 'RUNNING' })).errors[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await update(uuid, { hostname: 'other', status: 'ERROR' })).errors[0]?.extensions.code).toBe('ALREADY_EXISTS');
    const { errors } = await update(uuid, { status: 'ERROR', datacenter: 'nowhere', owner: '', disks: [disk('nothing')] });
    expect(paths(errors)).toEqual(['datacenter', 'disks.0.image', 'owner']);
    expect((await update(uuid, { status: 'ERROR', disks: [disk('windows')] })).errors[0]?.extensions.code).toBe('IMAGE_NOT_USABLE');
    expect(await show('steady')).toMatchObject({ status: 'RUNNING', disks: [{ image: null }] });
  });

  it('is for SuperAdmins', async () => {
    const { client: dora } = await world.person('dora', { permissions: IMPORTER });
    const uuid = await world.server('not-hers', { owner: 'dora' });
    expect(await dora.code(UPDATE, { input: { uuid, status: 'ERROR' } })).toBe('FORBIDDEN');
    expect(await dora.code(UNREGISTER, { uuid })).toBe('FORBIDDEN');
    expect(await dora.code(REGISTER, { input: { uuid: randomUUID(), hostname: 'hers', datacenter: 'main', owner: 'dora', osType: 'BSD_VM' } })).toBe('FORBIDDEN');
  });
});

describe('unregistering a server', () => {
  it('deletes its disks and snapshots, so that its image can be deleted', async () => {
    await world.image('short', { access: 'PUBLIC' });
    const uuid = await world.server('short', { disks: [disk('short')] });
    await world.snapshot('short', 'daily');
    expect(await admin.code('mutation { deleteImage(input: { name: "short" }) { name } }')).toBe('IMAGE_IN_USE');
    expect(await admin.run(UNREGISTER, { uuid })).toEqual({ unregisterServer: uuid });
    expect(await admin.run(SERVER, { hostname: 'short' })).toEqual({ server: null });
    expect(await admin.code('mutation { deleteImage(input: { name: "short" }) { name } }')).toBe('data');
    expect(await admin.code(UNREGISTER, { uuid })).toBe('NOT_FOUND');
  });

  it('lets an image be deleted or used, never both, when both are requested at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const name = `race-${round}`;
      await world.image(name, { access: 'PUBLIC' });
      const [used, deleted] = await Promise.all([registering({ hostname: name, disks: [disk(name)] }), admin.send(`mutation { deleteImage(input: { name: "${name}" }) { name } }`)]);
      expect([used, deleted].filter(({ errors }) => errors.length === 0)).toHaveLength(1);
      const { server, image } = await admin.run(`{ server(hostname: "${name}") { disks { image { name } } } image(name: "${name}") { name } }`);
      expect(server === null).toBe(image === null);
    }
  });
});

describe('registering a disk while its image is detached', () => {
  it('does one of both, by every mutation that sets disks', async () => {
    const server = await world.server('detaching');
    for (let round = 0; round < 10; round += 1) {
      const name = `detach-${round}`;
      await world.image(name, { access: 'PUBLIC' });
      const using = round % 2 === 0 ? registering({ hostname: name, disks: [disk(name)] }) : update(server, { disks: [disk(name)] });
      const detaching = admin.send(`mutation { detachImage(input: { image: "${name}", datacenter: "main" }) { bindingRemoved } }`);
      const [used, detached] = await Promise.all([using, detaching]);
      const codes = [used, detached].map(({ errors }) => errors[0]?.extensions.code ?? 'data');
      expect([['data', 'IMAGE_IN_USE'], ['IMAGE_NOT_USABLE', 'data']]).toContainEqual(codes);
    }
  });
});

describe('the image server', () => {
  beforeAll(async () => world.imageServer('img01'));

  it('cannot be unregistered until the settings name another or none', async () => {
    const { errors } = await admin.send(UNREGISTER, { uuid: img01 });
    expect(errors[0]).toMatchObject({ extensions: { code: 'SERVER_IS_IMAGE_SERVER' }, message: expect.stringContaining('img01') });
    expect(await show('img01')).toMatchObject({ isImageServer: true });
  });

  it('is unavailable unless it is RUNNING or STOPPED', async () => {
    const available = async (): Promise<boolean> => (await admin.run('{ imageServer { available } }')).imageServer.available;
    await update(img01, { status: 'ERROR' });
    expect(await available()).toBe(false);
    await update(img01, { status: 'STOPPED' });
    expect(await available()).toBe(true);
  });

  it('gives its new host name to the local repository, unless a configured one has that name', async () => {
    await admin.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }', { url: world.repository.url });
    const locals = async (): Promise<unknown> => (await admin.run('{ imageRepositories { name isLocal } }')).imageRepositories;
    const { errors } = await update(img01, { hostname: 'Remote' });
    expect(errors[0]?.extensions.fields).toMatchObject([{ path: 'hostname', code: 'ALREADY_EXISTS', message: expect.stringContaining('remote') }]);
    await update(img01, { hostname: 'Images02.example' });
    expect(await locals()).toEqual([{ name: 'images02.example', isLocal: true }, { name: 'remote', isLocal: false }]);
  });

  it('can be named by a host name that looks like a UUID', async () => {
    const hostname = randomUUID();
    await world.server(hostname, { osType: 'SUNOS_ZONE', disks: [] });
    await world.imageServer(hostname);
    expect(await show(hostname)).toMatchObject({ isImageServer: true });
  });

  it('can be unregistered once it is no longer the image server', async () => {
    await world.imageServer(null);
    expect(await admin.run(UNREGISTER, { uuid: img01 })).toEqual({ unregisterServer: img01 });
  });
});
