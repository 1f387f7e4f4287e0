import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../support/gateway.js';
import type { World } from '../support/world.js';
import { type PersonaWorld, startPersonas } from './personas.js';

let world: World;
let clients: PersonaWorld['clients'];

beforeAll(async () => {
  ({ world, clients } = await startPersonas());
});
afterAll(async () => world?.close());

const PAGE = 'query Page($dc: String) { images(datacenter: $dc) { nodes { name datacenters { name } } } }';
const USABLE = 'query Usable($dc: String) { usableImages(datacenter: $dc) { nodes { name } } }';

function admin(): TestClient {
  return clients.S;
}

async function newUser(username: string, groups: string[]): Promise<{ client: TestClient; keyId: string }> {
  await admin().run('mutation ($input: CreateUserInput!) { createUser(input: $input) { username } }', { input: { username, groups } });
  const { createApiKey } = (await admin().run('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { id key } }', {
    input: { username, name: 'test' },
  })) as { createApiKey: { id: string; key: string } };
  return { client: new TestClient(world.gateway.url, createApiKey.key), keyId: createApiKey.id };
}

/** Asked so often that whatever can be remembered is. */
async function remembered(client: TestClient, query: string, dc: string): Promise<string> {
  const codes = new Set<string>();
  for (let time = 0; time < 5; time += 1) codes.add(await client.code(query, { dc }));
  return [...codes].join(', ');
}

describe('what was remembered of a caller', () => {
  it('is no answer for another caller', async () => {
    expect(await remembered(clients.D, PAGE, 'north')).toBe('data');
    expect(await remembered(clients.U, PAGE, 'north')).toBe('FORBIDDEN');
    expect(await remembered(clients.Z, PAGE, 'north')).toBe('NOT_FOUND');
    expect(await remembered(clients.A, PAGE, 'north')).toBe('UNAUTHENTICATED');
    expect(await remembered(clients.D, PAGE, 'north')).toBe('data');
  });

  it('ends at once when a group is taken away, and begins anew when it is given back', async () => {
    const { client } = await newUser('leaver', ['north-admins']);
    expect(await remembered(client, PAGE, 'north')).toBe('data');
    await admin().run('mutation { updateUser(input: { username: "leaver", groups: [] }) { username } }');
    expect(await client.code(PAGE, { dc: 'north' })).toBe('NOT_FOUND');
    await admin().run('mutation { updateUser(input: { username: "leaver", groups: ["north-admins"] }) { username } }');
    expect(await client.code(PAGE, { dc: 'north' })).toBe('data');
  });

  it('ends at once when a group loses its permissions, its member or its datacenter', async () => {
    const { client } = await newUser('member', []);
    const group = async (fields: string): Promise<unknown> => admin().run(`mutation { updateGroup(input: { name: "passing", ${fields} }) { name } }`);
    await admin().run('mutation { createGroup(input: { name: "passing", permissions: [ADMIN], users: ["member"], datacenters: ["north"] }) { name } }');
    expect(await remembered(client, PAGE, 'north')).toBe('data');
    await group('permissions: []');
    expect(await client.code(PAGE, { dc: 'north' })).toBe('FORBIDDEN');
    await group('permissions: [ADMIN], datacenters: []');
    expect(await client.code(PAGE, { dc: 'north' })).toBe('NOT_FOUND');
    await group('datacenters: ["north"]');
    expect(await remembered(client, PAGE, 'north')).toBe('data');
    await group('users: []');
    expect(await client.code(PAGE, { dc: 'north' })).toBe('NOT_FOUND');
  });

  it('ends at once when the key is revoked or the account is closed', async () => {
    const first = await newUser('revoked', []);
    expect(await remembered(first.client, USABLE, 'main')).toBe('data');
    await admin().run('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: first.keyId });
    expect(await first.client.code(USABLE, { dc: 'main' })).toBe('UNAUTHENTICATED');
    const second = await newUser('closed', []);
    expect(await remembered(second.client, USABLE, 'main')).toBe('data');
    await admin().run('mutation { updateUser(input: { username: "closed", active: false }) { username } }');
    expect(await second.client.code(USABLE, { dc: 'main' })).toBe('UNAUTHENTICATED');
  });

  it('ends when the key expires', async () => {
    await newUser('brief', []);
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const { createApiKey } = (await admin().run('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key } }', {
      input: { username: 'brief', name: 'brief', expiresAt },
    })) as { createApiKey: { key: string } };
    const client = new TestClient(world.gateway.url, createApiKey.key);
    expect(await client.code(USABLE, { dc: 'main' })).toBe('data');
    while (Date.now() <= Date.parse(expiresAt)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await client.code(USABLE, { dc: 'main' })).toBe('UNAUTHENTICATED');
  });

  it('ends at once when a SuperAdmin is one no more', async () => {
    const { client } = await newUser('chief', []);
    await admin().run('mutation { updateUser(input: { username: "chief", isSuperAdmin: true }) { username } }');
    expect(await remembered(client, PAGE, 'south')).toBe('data');
    await admin().run('mutation { updateUser(input: { username: "chief", isSuperAdmin: false }) { username } }');
    expect(await client.code(PAGE, { dc: 'south' })).toBe('NOT_FOUND');
  });
});

describe('what was remembered of a datacenter', () => {
  it('ends at once when it becomes private, also where images tell where they are', async () => {
    const whereabouts = async (): Promise<string[]> => {
      const { image } = (await clients.D.run('query { image(name: "public") { datacenters { name } } }')) as { image: { datacenters: { name: string }[] } };
      return image.datacenters.map((one) => one.name);
    };
    await admin().run('mutation { createDatacenter(input: { name: "west", access: PUBLIC }) { name } }');
    await admin().run('mutation { attachImage(input: { image: "public", datacenter: "west" }) { image { name } } }');
    for (let time = 0; time < 3; time += 1) expect(await whereabouts()).toEqual(['north', 'west']);
    expect(await remembered(clients.U, USABLE, 'west')).toBe('data');
    await admin().run('mutation { updateDatacenter(input: { name: "west", access: PRIVATE }) { name } }');
    expect(await whereabouts()).toEqual(['north']);
    expect(await clients.U.code(USABLE, { dc: 'west' })).toBe('NOT_FOUND');
    await admin().run('mutation { deleteDatacenter(name: "west") }');
    expect(await admin().code(USABLE, { dc: 'west' })).toBe('NOT_FOUND');
  });
});
