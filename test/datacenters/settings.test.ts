import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;

let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
});
afterAll(async () => world?.close());

const LIMIT = 'mutation ($input: UpdateDatacenterSettingsInput!) { updateDatacenterSettings(input: $input) { settings { vmsImageLimit } } }';
const GLOBAL = `mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { ${'vmsImageVm { hostname } vmsImageVmNic vmsImageSources vmsImageRepositories { name url }'} } }`;
const limit = async (datacenter: string, vmsImageLimit: number | null) => world.admin.run(LIMIT, { input: { datacenter, vmsImageLimit } });
const faults = async (query: string, input: Record<string, unknown>) => {
  const { errors } = await world.admin.send(query, { input });
  return [errors[0]?.extensions.code, ...((errors[0]?.extensions.fields ?? []) as { path: string }[]).map(({ path }) => path)];
};
const update = async (name: string, change: string) => world.admin.code(`mutation { updateImage(input: { name: "${name}", ${change} }) { image { name } } }`);

async function importCode(name: string, input: Record<string, unknown>): Promise<string> {
  const { manifestUrl } = world.offer({ name, version: name });
  return world.admin.code('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input: { name, manifestUrl, ...input } });
}

async function server(hostname: string, more: Record<string, unknown> = {}): Promise<string> {
  const input = { uuid: crypto.randomUUID(), hostname, datacenter: 'main', owner: 'admin', osType: 'SUNOS_ZONE', status: 'RUNNING', ...more };
  await world.admin.run('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input });
  return input.uuid;
}

describe('VMS_IMAGE_LIMIT', () => {
  it('is none at first, and is told to the DCAdmins of the datacenter', async () => {
    const query = '{ datacenter(name: "alpha") { settings { vmsImageLimit } } }';
    expect((await people.dora.run(query)).datacenter.settings).toEqual({ vmsImageLimit: null });
    expect((await limit('alpha', 5)).updateDatacenterSettings.settings).toEqual({ vmsImageLimit: 5 });
    expect((await people.dora.run(query)).datacenter.settings).toEqual({ vmsImageLimit: 5 });
    expect(await people.peter.code(query)).toBe('FORBIDDEN');
    await world.admin.run(LIMIT, { input: { datacenter: 'alpha' } });
    expect((await people.dora.run(query)).datacenter.settings).toEqual({ vmsImageLimit: 5 });
    await limit('alpha', null);
  });

  it('stops every way into a binding, for everybody: import, from a repository too, and binding by update', async () => {
    await world.image('counted', { datacenter: 'beta' });
    await world.image('hidden', { datacenter: 'beta', access: 'DELETED' });
    await world.image('bindable', { datacenter: 'beta' });
    expect(await update('bindable', 'dcBound: false')).toBe('data');
    // Those of any access count, the attached one does not.
    await limit('beta', 2);
    expect((await world.admin.run('{ datacenter(name: "beta") { imageCount boundImageCount } }')).datacenter).toEqual({ imageCount: 2, boundImageCount: 2 });
    expect(await importCode('one-more', { datacenter: 'beta' })).toBe('IMAGE_LIMIT_REACHED');
    const offered = world.offer({ name: 'offered', version: 'offered' });
    await world.admin.run(GLOBAL, { input: { vmsImageRepositories: [{ name: 'remote', url: world.repository.url }] } });
    await world.admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
    const fromRepository = 'mutation ($uuid: UUID!, $bound: Boolean) { importRepositoryImage(input: { repository: "remote", uuid: $uuid, datacenter: "beta", dcBound: $bound }) { task { id } } }';
    expect(await world.admin.code(fromRepository, { uuid: offered.manifest.uuid, bound: true })).toBe('IMAGE_LIMIT_REACHED');
    expect(await update('bindable', 'dcBound: true')).toBe('IMAGE_LIMIT_REACHED');
    // What binds nothing is let in.
    const { importRepositoryImage } = await world.admin.run(fromRepository, { uuid: offered.manifest.uuid, bound: false });
    await world.admin.ended(importRepositoryImage.task.id);
    expect(await world.admin.code('mutation { attachImage(input: { image: "offered", datacenter: "beta" }) { bindingRemoved } }')).toBe('data');
    expect(await update('counted', 'description: "still managed"')).toBe('data');
  });

  it('says how many there are and how many there may be', async () => {
    const { errors } = await world.admin.send('mutation { updateImage(input: { name: "bindable", dcBound: true }) { image { name } } }');
    expect(errors[0]?.message).toContain('Datacenter beta has 2 bound images and its VMS_IMAGE_LIMIT is 2');
  });

  it('lowered below what is bound leaves all there, and lets nothing in until there is room', async () => {
    await limit('beta', 1);
    expect((await world.admin.run('{ datacenter(name: "beta") { boundImageCount } }')).datacenter.boundImageCount).toBe(2);
    expect(await update('bindable', 'dcBound: true')).toBe('IMAGE_LIMIT_REACHED');
    await limit('beta', 3);
    expect(await update('bindable', 'dcBound: true')).toBe('data');
    await limit('beta', null);
  });

  it('0 lets nothing in; less is no limit, and an unknown datacenter has none', async () => {
    await world.admin.run('mutation { createDatacenter(input: { name: "closed" }) { name } }');
    await limit('closed', 0);
    expect(await importCode('nothing-in', { datacenter: 'closed' })).toBe('IMAGE_LIMIT_REACHED');
    expect(await faults(LIMIT, { datacenter: 'closed', vmsImageLimit: -1 })).toEqual(['BAD_USER_INPUT', 'vmsImageLimit']);
    expect(await faults(LIMIT, { datacenter: 'nowhere', vmsImageLimit: -1 })).toEqual(['NOT_FOUND', 'datacenter']);
  });
});

describe('VMS_IMAGE_VM', () => {
  it('names a server by host name or uuid, which then says so', async () => {
    const uuid = await server('img02');
    expect((await world.admin.run(GLOBAL, { input: { vmsImageVm: 'img02' } })).updateGlobalSettings.vmsImageVm).toEqual({ hostname: 'img02' });
    expect((await world.admin.run('{ server(hostname: "img02") { isImageServer } }')).server.isImageServer).toBe(true);
    expect((await world.admin.run('{ server(hostname: "img01") { isImageServer } }')).server.isImageServer).toBe(false);
    await world.admin.run(GLOBAL, { input: { vmsImageVm: 'img01' } });
    expect((await world.admin.run(GLOBAL, { input: { vmsImageVm: uuid.toUpperCase() } })).updateGlobalSettings.vmsImageVm).toEqual({ hostname: 'img02' });
    await world.admin.run(GLOBAL, { input: { vmsImageVm: 'img01' } });
  });

  it.each([
    ['is not there', null, {}],
    ['is no SunOS zone', 'linux01', { osType: 'LINUX_VM' }],
    ['is of another kind of zone', 'lx01', { osType: 'LINUX_ZONE' }],
    ['is frozen', 'frozen01', { status: 'FROZEN' }],
    ['was never created', 'new01', { status: 'NOT_CREATED' }],
  ] as const)('refuses a server that %s, and keeps the one it has', async (_what, hostname, more) => {
    if (hostname !== null) await server(hostname, more);
    expect(await faults(GLOBAL, { vmsImageVm: hostname ?? 'nothing', vmsImageVmNic: 3 })).toEqual(['BAD_USER_INPUT', 'vmsImageVm']);
    expect((await world.admin.run('{ globalSettings { vmsImageVm { hostname } vmsImageVmNic } }')).globalSettings).toEqual({ vmsImageVm: { hostname: 'img01' }, vmsImageVmNic: 1 });
  });

  it('takes a stopped one', async () => {
    await server('stopped01', { status: 'STOPPED' });
    expect(await world.admin.code(GLOBAL, { input: { vmsImageVm: 'stopped01' } })).toBe('data');
    await world.admin.run(GLOBAL, { input: { vmsImageVm: 'img01' } });
  });

  it('keeps its server from being unregistered', async () => {
    const { server: one } = await world.admin.run('{ server(hostname: "img01") { uuid } }');
    expect(await world.admin.code(`mutation { unregisterServer(uuid: "${one.uuid}") }`)).toBe('SERVER_IS_IMAGE_SERVER');
  });

  it('off and on again: operations go on in the database alone, then with the server', async () => {
    await world.admin.run(GLOBAL, { input: { vmsImageVm: null } });
    expect((await world.admin.run('{ imageServer { url } }')).imageServer).toBeNull();
    const off = world.offer({ name: 'while-off', version: 'off' });
    const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { status file { sha1 } } task { id status } warnings } }';
    const { importImage } = await world.admin.run(IMPORT, { input: { name: 'while-off', manifestUrl: off.manifestUrl, datacenter: 'alpha' } });
    expect(importImage).toMatchObject({ image: { status: 'OK', file: null }, task: { status: 'SUCCEEDED' } });
    expect(importImage.warnings).not.toEqual([]);
    await world.admin.run(GLOBAL, { input: { vmsImageVm: 'img01' } });
    const on = world.offer({ name: 'while-on', version: 'on' });
    const { importImage: second } = await world.admin.run(IMPORT, { input: { name: 'while-on', manifestUrl: on.manifestUrl, datacenter: 'alpha' } });
    expect(second).toMatchObject({ image: { status: 'PENDING' }, warnings: [] });
    expect(await world.admin.ended(second.task.id)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('the other global settings', () => {
  it('change as given, and stay otherwise', async () => {
    const sources = ['https://one.example.com', 'https://two.example.com'];
    const { updateGlobalSettings } = await world.admin.run(GLOBAL, { input: { vmsImageSources: sources, vmsImageRepositories: [{ name: 'zulu', url: 'https://z.example.com' }, { name: 'alpha', url: 'https://a.example.com' }] } });
    expect(updateGlobalSettings).toMatchObject({ vmsImageVm: { hostname: 'img01' }, vmsImageSources: sources, vmsImageRepositories: [{ name: 'alpha' }, { name: 'zulu' }] });
    expect((await world.admin.run('{ imageServer { sources } }')).imageServer.sources.slice(1)).toEqual(sources);
    await world.admin.run(GLOBAL, { input: { vmsImageSources: [] } });
    expect((await world.admin.run('{ globalSettings { vmsImageSources vmsImageRepositories { name } } }')).globalSettings).toEqual({ vmsImageSources: [], vmsImageRepositories: [{ name: 'alpha' }, { name: 'zulu' }] });
  });

  it('are refused with every broken value at once, and then nothing changes', async () => {
    const url = 'https://x.example.com';
    const input = { vmsImageVmNic: 0, vmsImageSources: null, vmsImageRepositories: [{ name: 'Bad', url }, { name: 'twice', url }, { name: 'twice', url }, { name: 'img01', url }] };
    expect(await faults(GLOBAL, input)).toEqual([
      'BAD_USER_INPUT', 'vmsImageSources', 'vmsImageVmNic', 'vmsImageRepositories.0.name', 'vmsImageRepositories.2.name', 'vmsImageRepositories.3.name',
    ]);
    const many = Array.from({ length: 17 }, (_, at) => ({ name: `r${at}`, url }));
    expect(await faults(GLOBAL, { vmsImageRepositories: many })).toEqual(['BAD_USER_INPUT', 'vmsImageRepositories']);
    expect((await world.admin.run('{ globalSettings { vmsImageVmNic } }')).globalSettings.vmsImageVmNic).toBe(1);
  });

  it('name a network card that the image server has', async () => {
    await server('cards01', { addresses: ['10.0.0.1', '10.0.0.2'] });
    expect(await faults(GLOBAL, { vmsImageVm: 'cards01', vmsImageVmNic: 3 })).toEqual(['BAD_USER_INPUT', 'vmsImageVmNic']);
    expect(await world.admin.code(GLOBAL, { input: { vmsImageVm: 'cards01', vmsImageVmNic: 2 } })).toBe('data');
    await world.admin.run(GLOBAL, { input: { vmsImageVm: 'img01', vmsImageVmNic: 1 } });
  });
});
