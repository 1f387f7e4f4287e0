import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

let count = 0;
let name = '';
beforeEach(() => {
  count += 1;
  name = `one-${count}`;
});

const USER = 'username email isSuperAdmin active groups { name }';
const CREATE_USER = `mutation ($input: CreateUserInput!) { createUser(input: $input) { ${USER} } }`;
const UPDATE_USER = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { ${USER} } }`;
const GROUP = 'name alias permissions users { username } datacenters { name }';
const CREATE_GROUP = `mutation ($input: CreateGroupInput!) { createGroup(input: $input) { ${GROUP} } }`;
const UPDATE_GROUP = `mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { ${GROUP} } }`;
const WHO = '{ viewer { user { username } permissions } }';

async function faults(query: string, input: Record<string, unknown>): Promise<string[]> {
  const { errors } = await admin.send(query, { input });
  return [errors[0]?.extensions.code ?? 'data', ...((errors[0]?.extensions.fields ?? []) as { path: string }[]).map(({ path }) => path)];
}

async function keyOf(username: string, input: Record<string, unknown> = {}): Promise<{ id: string; client: TestClient }> {
  const { createApiKey } = await admin.run('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { id key } }', { input: { username, name: 'test', ...input } });
  return { id: createApiKey.id, client: new TestClient(gateway.url, createApiKey.key) };
}

describe('a user', () => {
  it('is made plain and active, with what is given', async () => {
    expect((await admin.run(CREATE_USER, { input: { username: name } })).createUser).toEqual({ username: name, email: null, isSuperAdmin: false, active: true, groups: [] });
    await admin.run(CREATE_GROUP, { input: { name, permissions: [] } });
    const input = { username: `${name}@example.com`, email: 'a@example.com', isSuperAdmin: true, groups: [name] };
    expect((await admin.run(CREATE_USER, { input })).createUser).toEqual({ ...input, active: true, groups: [{ name }] });
    await admin.run(UPDATE_USER, { input: { username: input.username, isSuperAdmin: false } });
  });

  it('changes in what is given; null removes the address, and an empty list all groups', async () => {
    await admin.run(CREATE_GROUP, { input: { name, permissions: [] } });
    await admin.run(CREATE_USER, { input: { username: name, email: 'a@example.com', groups: [name] } });
    expect((await admin.run(UPDATE_USER, { input: { username: name } })).updateUser).toMatchObject({ email: 'a@example.com', groups: [{ name }] });
    expect((await admin.run(UPDATE_USER, { input: { username: name, email: null, groups: [] } })).updateUser).toMatchObject({ email: null, groups: [], active: true });
  });

  it('is refused with every broken value at once, a taken name, and a name that is not there', async () => {
    expect(await faults(CREATE_USER, { username: ' a', email: 'nowhere', groups: ['none'] })).toEqual(['BAD_USER_INPUT', 'username', 'email', 'groups.0']);
    expect(await faults(CREATE_USER, { username: 'admin' })).toEqual(['ALREADY_EXISTS', 'username']);
    expect(await faults(UPDATE_USER, { username: 'nobody', email: 'nowhere' })).toEqual(['NOT_FOUND', 'username']);
    expect(await faults(UPDATE_USER, { username: 'admin', email: 'nowhere', groups: ['none'] })).toEqual(['BAD_USER_INPUT', 'email', 'groups.0']);
  });

  it('can do nothing any more once inactive, with no key, and again once active', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const { client } = await keyOf(name);
    await admin.run(UPDATE_USER, { input: { username: name, active: false } });
    expect(await client.send(WHO)).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await admin.code('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { id } }', { input: { username: name, name: 'x' } })).toBe('BAD_USER_INPUT');
    await admin.run(UPDATE_USER, { input: { username: name, active: true } });
    expect(await client.code(WHO)).toBe('data');
  });
});

describe('the last active SuperAdmin', () => {
  it.each([{ isSuperAdmin: false }, { active: false }])('stays what it is: %o is refused', async (change) => {
    expect(await faults(UPDATE_USER, { username: 'admin', ...change })).toEqual(['BAD_USER_INPUT', Object.keys(change)[0]]);
    expect((await admin.run('{ user(username: "admin") { isSuperAdmin active } }')).user).toEqual({ isSuperAdmin: true, active: true });
  });

  it('is not helped by a SuperAdmin who is inactive', async () => {
    await admin.run(CREATE_USER, { input: { username: name, isSuperAdmin: true } });
    await admin.run(UPDATE_USER, { input: { username: name, active: false } });
    expect(await faults(UPDATE_USER, { username: 'admin', isSuperAdmin: false })).toEqual(['BAD_USER_INPUT', 'isSuperAdmin']);
  });

  it('may step back once there is another one', async () => {
    await admin.run(CREATE_USER, { input: { username: name, isSuperAdmin: true } });
    const { client } = await keyOf(name);
    expect(await faults(UPDATE_USER, { username: 'admin', isSuperAdmin: false })).toEqual(['data']);
    expect(await admin.code('{ users { nodes { username } } }')).toBe('FORBIDDEN');
    await client.run(UPDATE_USER, { input: { username: 'admin', isSuperAdmin: true } });
    await admin.run(UPDATE_USER, { input: { username: name, isSuperAdmin: false } });
    expect(await client.code('{ users { nodes { username } } }')).toBe('FORBIDDEN');
  });
});

describe('a group', () => {
  it('is made with what is given, each permission once', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const input = { name, alias: 'A group', permissions: ['IMAGE_ADMIN', 'ADMIN', 'ADMIN'], users: [name], datacenters: ['main'] };
    const { createGroup } = await admin.run(CREATE_GROUP, { input });
    expect(createGroup).toMatchObject({ name, alias: 'A group', users: [{ username: name }], datacenters: [{ name: 'main' }] });
    expect(createGroup.permissions.sort()).toEqual(['ADMIN', 'IMAGE_ADMIN']);
  });

  it('gives its members what it holds, where it is attached, with their next request, and takes it again', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const { client } = await keyOf(name);
    const held = async () => (await client.run(WHO)).viewer.permissions;
    await admin.run(CREATE_GROUP, { input: { name, permissions: ['ADMIN'], datacenters: ['main'] } });
    expect(await held()).toEqual([]);
    await admin.run(UPDATE_GROUP, { input: { name, users: [name] } });
    expect(await held()).toEqual(['ADMIN']);
    await admin.run(UPDATE_GROUP, { input: { name, permissions: ['ADMIN', 'IMAGE_ADMIN'] } });
    expect(await held()).toEqual(['ADMIN', 'IMAGE_ADMIN']);
    await admin.run(UPDATE_GROUP, { input: { name, datacenters: [] } });
    expect(await held()).toEqual([]);
    await admin.run(UPDATE_GROUP, { input: { name, datacenters: ['main'] } });
    await admin.run(`mutation { deleteGroup(name: "${name}") }`);
    expect(await held()).toEqual([]);
  });

  it('adds up with the other groups of a member, in that datacenter only', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    await admin.run(`mutation { createDatacenter(input: { name: "${name}", access: PUBLIC }) { name } }`);
    const { client } = await keyOf(name);
    await admin.run(CREATE_GROUP, { input: { name: `${name}-a`, permissions: ['ADMIN'], users: [name], datacenters: ['main'] } });
    await admin.run(CREATE_GROUP, { input: { name: `${name}-b`, permissions: ['IMAGE_ADMIN'], users: [name], datacenters: ['main', name] } });
    const { viewer } = await client.run(`{ viewer { here: permissions(datacenter: "main") there: permissions(datacenter: "${name}") } }`);
    expect(viewer).toEqual({ here: ['ADMIN', 'IMAGE_ADMIN'], there: ['IMAGE_ADMIN'] });
    expect(await client.code('{ images(datacenter: "main") { nodes { name } } }')).toBe('data');
    expect(await client.code(`{ images(datacenter: "${name}") { nodes { name } } }`)).toBe('FORBIDDEN');
  });

  it('is refused with every broken value at once, a taken name, and a name that is not there', async () => {
    await admin.run(CREATE_GROUP, { input: { name, permissions: [] } });
    expect(await faults(CREATE_GROUP, { name: '', alias: '>', permissions: [], users: ['nobody'], datacenters: ['nowhere'] })).toEqual(['BAD_USER_INPUT', 'name', 'alias', 'users.0', 'datacenters.0']);
    expect(await faults(CREATE_GROUP, { name, permissions: [] })).toEqual(['ALREADY_EXISTS', 'name']);
    expect(await faults(UPDATE_GROUP, { name: 'nothing', alias: '>' })).toEqual(['NOT_FOUND', 'name']);
    expect(await admin.code('mutation { deleteGroup(name: "nothing") }')).toBe('NOT_FOUND');
  });
});

describe('an API key', () => {
  it('signs its user in, is shown once, and is kept nowhere as it is', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const { client } = await keyOf(name);
    expect((await client.run(WHO)).viewer.user.username).toBe(name);
    expect(gateway.output()).not.toContain(String(client.key));
  });

  it('ends when it expires', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const { client } = await keyOf(name, { expiresAt });
    while (Date.now() < Date.parse(expiresAt)) await client.code(WHO);
    expect(await client.send(WHO)).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('ends when it is revoked, and no other with it; once more changes nothing', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const [first, second] = [await keyOf(name), await keyOf(name)];
    const revoke = `mutation { revokeApiKey(id: "${first.id}") }`;
    expect((await admin.run(revoke)).revokeApiKey).toBe(first.id);
    expect((await first.client.send(WHO)).status).toBe(401);
    expect(await second.client.code(WHO)).toBe('data');
    expect(await admin.code(revoke)).toBe('data');
    expect(await admin.code('mutation { revokeApiKey(id: "nothing") }')).toBe('NOT_FOUND');
  });

  it('is refused with every broken value at once', async () => {
    const input = { username: 'nobody', name: '', expiresAt: '2020-01-01T00:00:00Z' };
    expect(await faults('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { id } }', input)).toEqual(['BAD_USER_INPUT', 'name', 'username', 'expiresAt']);
  });

  it('says the same of itself whatever is wrong with it', async () => {
    await admin.run(CREATE_USER, { input: { username: name } });
    const revoked = await keyOf(name);
    await admin.run(`mutation { revokeApiKey(id: "${revoked.id}") }`);
    const clients = [revoked.client, new TestClient(gateway.url, 'nonsense'), new TestClient(gateway.url, `${admin.key}x`)];
    const answers = await Promise.all(clients.map(async (client) => client.send(WHO)));
    expect(new Set(answers.map(({ status, errors }) => `${status} ${errors[0]?.message}`)).size).toBe(1);
  });
});
