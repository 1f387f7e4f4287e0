import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const CREATE = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { id name key expiresAt } }';
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(id: $id) }';
const KEYS = 'id name prefix createdAt lastUsedAt expiresAt';
const OWN = `{ viewer { user { apiKeys { ${KEYS} } } } }`;
const DAY_MS = 86_400_000;

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh({ API_KEY_MAX_DAYS: '30' }));
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

async function newUser(username: string): Promise<TestClient> {
  await admin.run('mutation ($username: String!) { createUser(input: { username: $username }) { username } }', { username });
  const { createApiKey } = await admin.run(CREATE, { input: { username, name: 'given' } });
  return new TestClient(gateway.url, createApiKey.key);
}

interface Listed {
  id: string;
  name: string;
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
}

async function own(client: TestClient): Promise<Listed[]> {
  return (await client.run(OWN)).viewer.user.apiKeys;
}

describe('API keys are listed', () => {
  it('with their last use, also the first one, and without anything of the secret but its beginning', async () => {
    const key = admin.key ?? '';
    const listed = await own(admin);
    expect(listed).toEqual([{ id: expect.any(String), name: 'first sign-in', prefix: key.slice(0, 12), createdAt: expect.any(String), lastUsedAt: null, expiresAt: null }]);
    await expect.poll(async () => (await own(admin))[0]?.lastUsedAt, { timeout: 10_000 }).toEqual(expect.stringMatching(/^20/));
    const used = (await own(admin))[0]?.lastUsedAt;
    expect(Date.now() - Date.parse(used ?? '')).toBeLessThan(60_000);
    // Written once a minute at most: further requests leave it as it is.
    for (let times = 0; times < 20; times += 1) await own(admin);
    expect((await own(admin))[0]?.lastUsedAt).toBe(used);
  });

  it('to their user and to SuperAdmins, and to nobody else', async () => {
    const [ann, bob] = [await newUser('ann'), await newUser('bob')];
    const mine = (await own(ann)).map(({ id, prefix }) => ({ id, prefix }));
    expect(mine).toEqual([{ id: expect.any(String), prefix: String(ann.key).slice(0, 12) }]);
    expect((await admin.run('{ user(username: "ann") { apiKeys { id prefix } } }')).user.apiKeys).toEqual(mine);
    await admin.run('mutation { createDatacenter(input: { name: "anns", access: PUBLIC, owner: "ann" }) { name } }');
    const { data, errors } = await bob.send('{ datacenter(name: "anns") { owner { username apiKeys { id } } } }');
    expect([data?.datacenter.owner, errors[0]?.extensions.code]).toEqual([{ username: 'ann', apiKeys: null }, 'FORBIDDEN']);
  });

  it('the newest first, while they are not revoked', async () => {
    const user = await newUser('lister');
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) ids.unshift((await user.run(CREATE, { input: { username: 'lister', name } })).createApiKey.id);
    await user.run(REVOKE, { id: ids[1] });
    expect((await own(user)).map(({ name }) => name)).toEqual(['three', 'one', 'given']);
  });
});

describe('a user makes keys for itself', () => {
  it('that live as long as API_KEY_MAX_DAYS allows, and no longer', async () => {
    const user = await newUser('maker');
    const create = async (expiresAt: Date | null) => user.send(CREATE, { input: { username: 'maker', name: 'k', expiresAt } });
    const expiresAt: unknown = (await create(null)).data?.createApiKey.expiresAt;
    expect(Math.abs(Date.parse(String(expiresAt)) - Date.now() - 30 * DAY_MS)).toBeLessThan(60_000);
    expect((await create(new Date(Date.now() + 29 * DAY_MS))).errors).toEqual([]);
    for (const wrong of [new Date(Date.now() + 31 * DAY_MS), new Date(Date.now() - 1)]) {
      expect((await create(wrong)).errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'expiresAt' }] });
    }
  });

  it('and never for others, whether they are there or not', async () => {
    const user = await newUser('narrow');
    for (const username of ['admin', 'nobody', 'system', 'Narrow']) expect(await user.code(CREATE, { input: { username, name: 'k' } })).toBe('FORBIDDEN');
  });

  it('and revokes its own only: those of others are not there', async () => {
    const user = await newUser('revoker');
    const others = (await admin.run(CREATE, { input: { username: 'admin', name: 'other' } })).createApiKey;
    expect([await user.code(REVOKE, { id: others.id }), await user.code(REVOKE, { id: 'nothing' })]).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(await new TestClient(gateway.url, others.key).code('{ viewer { user { username } } }')).toBe('data');
    const [mine] = await own(user);
    expect(await user.run(REVOKE, { id: mine?.id })).toEqual({ revokeApiKey: mine?.id });
    expect(await user.code(OWN)).toBe('UNAUTHENTICATED');
  });

  it('200 at most, of which those that ended do not count', async () => {
    const user = await newUser('collector');
    const batch = (count: number): string => `mutation { ${Array.from({ length: count }, (_one, at) => `k${at}: createApiKey(input: { username: "collector", name: "k" }) { id }`).join(' ')} }`;
    for (let made = 1; made < 200; made += Math.min(20, 200 - made)) await user.run(batch(Math.min(20, 200 - made)));
    const listed = await own(user);
    expect(listed).toHaveLength(200);
    expect((await user.send(CREATE, { input: { username: 'collector', name: 'k' } })).errors[0]).toMatchObject({ message: expect.stringContaining('200 API keys') as string, extensions: { code: 'BAD_USER_INPUT' } });
    await user.run(REVOKE, { id: listed[0]?.id });
    expect(await user.code(CREATE, { input: { username: 'collector', name: 'k' } })).toBe('data');
  });
});

describe('a SuperAdmin', () => {
  it('makes keys of any life for anybody', async () => {
    await newUser('served');
    for (const username of ['served', 'admin']) {
      expect((await admin.run(CREATE, { input: { username, name: 'for ever' } })).createApiKey.expiresAt).toBeNull();
      expect(await admin.code(CREATE, { input: { username, name: 'long', expiresAt: new Date(Date.now() + 4000 * DAY_MS) } })).toBe('data');
    }
  });
});
