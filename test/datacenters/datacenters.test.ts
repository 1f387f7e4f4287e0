import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;

let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  await world.imageServer(null);
});
afterAll(async () => world?.close());

let count = 0;
let name = '';
beforeEach(() => {
  count += 1;
  name = `dc-${count}`;
});

const FIELDS = 'name alias access description isDefault owner { username } groups { name } settings { vmsImageLimit } imageCount boundImageCount images { totalCount } servers { totalCount }';
const CREATE = `mutation ($input: CreateDatacenterInput!) { createDatacenter(input: $input) { ${FIELDS} } }`;
const UPDATE = `mutation ($input: UpdateDatacenterInput!) { updateDatacenter(input: $input) { ${FIELDS} } }`;
const show = async (of: string) => (await world.admin.run(`query ($name: String!) { datacenter(name: $name) { ${FIELDS} } }`, { name: of })).datacenter;
const faults = async (query: string, input: Record<string, unknown>) => {
  const { errors } = await world.admin.send(query, { input });
  return { code: errors[0]?.extensions.code, paths: ((errors[0]?.extensions.fields ?? []) as { path: string }[]).map(({ path }) => path) };
};

describe('a new datacenter', () => {
  it('is private, of its maker, and copies nothing from any other', async () => {
    await world.admin.run('mutation { updateDatacenterSettings(input: { datacenter: "main", vmsImageLimit: 7 }) { name } }');
    const { createDatacenter } = await world.admin.run(CREATE, { input: { name } });
    expect(createDatacenter).toEqual({
      name, alias: name, access: 'PRIVATE', description: '', isDefault: false, owner: { username: 'admin' }, groups: [],
      settings: { vmsImageLimit: null }, imageCount: 0, boundImageCount: 0, images: { totalCount: 0 }, servers: { totalCount: 0 },
    });
    await world.admin.run('mutation { updateDatacenterSettings(input: { datacenter: "main", vmsImageLimit: null }) { name } }');
  });

  it('takes everything that is given', async () => {
    const input = { name, alias: 'Alias', access: 'PUBLIC', owner: 'peter', groups: ['users', 'admins'], description: 'd'.repeat(128) };
    const { createDatacenter } = await world.admin.run(CREATE, { input });
    expect(createDatacenter).toMatchObject({ ...input, owner: { username: 'peter' }, groups: [{ name: 'admins' }, { name: 'users' }] });
  });

  it('gives its owner ADMIN there, and nothing else', async () => {
    await world.admin.run(CREATE, { input: { name, owner: 'peter' } });
    const { viewer } = await people.peter.run('query ($name: String) { viewer { permissions(datacenter: $name) } }', { name });
    expect(viewer.permissions).toEqual(['ADMIN']);
    expect(await people.peter.code('query ($name: String) { images(datacenter: $name) { nodes { name } } }', { name })).toBe('data');
  });

  it('exists for its owner, for the members of its groups and for nobody else, until it is public', async () => {
    await world.admin.run(CREATE, { input: { name, owner: 'dora', groups: ['users'] } });
    const query = 'query ($name: String!) { datacenter(name: $name) { name } }';
    const seen = async () => Promise.all((['dora', 'peter', 'anna'] as const).map(async (who) => (await people[who].run(query, { name })).datacenter !== null));
    expect(await seen()).toEqual([true, true, false]);
    await world.admin.run(UPDATE, { input: { name, access: 'PUBLIC' } });
    expect(await seen()).toEqual([true, true, true]);
  });

  it('is refused with every broken value at once', async () => {
    const input = { name: '-', alias: '<', owner: 'nobody', groups: ['users', 'none'], description: 'x'.repeat(129) };
    expect(await faults(CREATE, input)).toEqual({ code: 'BAD_USER_INPUT', paths: ['name', 'alias', 'description', 'owner', 'groups.1'] });
  });

  it('is refused a name that is taken', async () => {
    expect(await faults(CREATE, { name: 'alpha' })).toEqual({ code: 'ALREADY_EXISTS', paths: ['name'] });
  });
});

describe('updating a datacenter', () => {
  it('changes what is given and nothing else', async () => {
    await world.admin.run(CREATE, { input: { name, alias: 'Before', groups: ['users'], description: 'kept' } });
    const { updateDatacenter } = await world.admin.run(UPDATE, { input: { name, alias: 'After', groups: ['admins'] } });
    expect(updateDatacenter).toMatchObject({ alias: 'After', groups: [{ name: 'admins' }], description: 'kept', access: 'PRIVATE', owner: { username: 'admin' } });
  });

  it('takes what members hold from them with the group', async () => {
    await world.admin.run(CREATE, { input: { name, groups: ['importers'] } });
    expect(await people.anna.code(`{ images(datacenter: "${name}") { nodes { name } } }`)).toBe('data');
    await world.admin.run(UPDATE, { input: { name, groups: [] } });
    expect(await people.anna.code(`{ images(datacenter: "${name}") { nodes { name } } }`)).toBe('NOT_FOUND');
  });

  it('refuses an owner who is not active, and one that is not there', async () => {
    await world.admin.run(CREATE, { input: { name } });
    await world.admin.run(`mutation { createUser(input: { username: "gone-${name}" }) { username } }`);
    await world.admin.run(`mutation { updateUser(input: { username: "gone-${name}", active: false }) { username } }`);
    expect(await faults(UPDATE, { name, owner: `gone-${name}` })).toEqual({ code: 'BAD_USER_INPUT', paths: ['owner'] });
    expect(await faults(UPDATE, { name: 'nowhere', owner: 'nobody' })).toEqual({ code: 'NOT_FOUND', paths: ['name'] });
  });
});

describe('main', () => {
  it('is the default, and stays public', async () => {
    expect(await show('main')).toMatchObject({ isDefault: true, access: 'PUBLIC' });
    expect(await faults(UPDATE, { name: 'main', access: 'PRIVATE' })).toEqual({ code: 'BAD_USER_INPUT', paths: ['access'] });
    await world.admin.run(UPDATE, { input: { name: 'main', access: 'PUBLIC', alias: 'Main' } });
    expect(await show('main')).toMatchObject({ alias: 'Main', access: 'PUBLIC' });
  });

  it('cannot be deleted', async () => {
    const { errors } = await world.admin.send('mutation { deleteDatacenter(name: "main") }');
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'name' }] } }]);
  });

  it('is where everybody works at first, and again when the chosen datacenter is no longer theirs', async () => {
    const current = async () => (await people.peter.run('{ viewer { currentDatacenter { name } } }')).viewer.currentDatacenter.name;
    await world.admin.run(CREATE, { input: { name, groups: ['users'] } });
    await people.peter.run(`mutation { switchDatacenter(name: "${name}") { user { username } } }`);
    expect(await current()).toBe(name);
    await world.admin.run(UPDATE, { input: { name, groups: [] } });
    expect(await current()).toBe('main');
    await world.admin.run(UPDATE, { input: { name, groups: ['users'] } });
    expect(await current()).toBe(name);
    await world.admin.run(`mutation { deleteDatacenter(name: "${name}") }`);
    expect(await current()).toBe('main');
  });
});

describe('deleting a datacenter', () => {
  it('unbinds and detaches its images, which stay', async () => {
    await world.admin.run(CREATE, { input: { name } });
    await world.image(`${name}-bound`, { datacenter: name });
    await world.image(`${name}-attached`, { datacenter: 'alpha' });
    await world.admin.run(`mutation { attachImage(input: { image: "${name}-attached", datacenter: "${name}" }) { bindingRemoved } }`);
    expect((await world.admin.run(`mutation { deleteDatacenter(name: "${name}") }`)).deleteDatacenter).toBe(name);
    const query = 'query ($name: String) { image(name: $name) { dcBound boundDatacenter { name } datacenters { name } } }';
    expect((await world.admin.run(query, { name: `${name}-bound` })).image).toEqual({ dcBound: false, boundDatacenter: null, datacenters: [] });
    expect((await world.admin.run(query, { name: `${name}-attached` })).image).toEqual({ dcBound: false, boundDatacenter: null, datacenters: [{ name: 'alpha' }] });
    expect(await show(name)).toBeNull();
  });

  it('is refused while it has servers, with their number, and nothing changes', async () => {
    await world.admin.run(CREATE, { input: { name } });
    await world.image(name, { datacenter: name });
    const uuid = await world.server(name, { image: name, datacenter: name });
    const { errors } = await world.admin.send(`mutation { deleteDatacenter(name: "${name}") }`);
    expect(errors).toMatchObject([{ extensions: { code: 'DATACENTER_NOT_EMPTY' }, message: expect.stringContaining('1 server') }]);
    expect(await show(name)).toMatchObject({ boundImageCount: 1 });
    await world.admin.run(`mutation { unregisterServer(uuid: "${uuid}") }`);
    expect(await world.admin.code(`mutation { deleteDatacenter(name: "${name}") }`)).toBe('data');
  });

  it('leaves the name free, and the new one of that name empty', async () => {
    await world.admin.run(CREATE, { input: { name, groups: ['users'] } });
    await world.admin.run(`mutation { updateDatacenterSettings(input: { datacenter: "${name}", vmsImageLimit: 3 }) { name } }`);
    await world.admin.run(`mutation { deleteDatacenter(name: "${name}") }`);
    await world.admin.run(CREATE, { input: { name } });
    expect(await show(name)).toMatchObject({ groups: [], settings: { vmsImageLimit: null } });
    expect(await world.admin.code('mutation { deleteDatacenter(name: "nowhere") }')).toBe('NOT_FOUND');
  });
});
