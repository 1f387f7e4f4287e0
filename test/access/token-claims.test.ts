import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { databaseOf, GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const SECRETS = ['the secret that signs has more than thirty-two bytes', 'the secret before it has more than thirty-two bytes'];
const SETTINGS = { AUTH_JWT_SECRET: SECRETS.join(), AUTH_USERNAME_CLAIM: 'email', AUTH_PROVISION: 'on', AUTH_GROUPS_CLAIM: 'groups', LOG_LEVEL: 'info' };
const WHO = '{ viewer { user { username isSuperAdmin groups { name } } permissions(datacenter: "main") } }';
const LIST = '{ images(datacenter: "main") { nodes { name } } }';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh(SETTINGS));
  await admin.run('mutation { createGroup(input: { name: "admins", permissions: [ADMIN], datacenters: ["main"] }) { name } }');
  await admin.run('mutation { createGroup(input: { name: "importers", permissions: [IMAGE_ADMIN, IMAGE_IMPORT_ADMIN], datacenters: ["main"] }) { name } }');
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

async function bearer(email: string, groups: unknown = undefined, { seconds = 600, secret = SECRETS[0] ?? '' } = {}): Promise<string> {
  return new SignJWT({ email, groups }).setProtectedHeader({ alg: 'HS256' }).setSubject('7f3a').setExpirationTime(Math.floor(Date.now() / 1000) + seconds).sign(Buffer.from(secret));
}

async function client(...given: Parameters<typeof bearer>): Promise<TestClient> {
  return new TestClient(gateway.url, await bearer(...given));
}

describe('a valid token of an unknown name', () => {
  it('creates a plain user, once, however many requests come at once and through whichever process', async () => {
    const target = databaseOf(folder);
    await using elsewhere = await temporaryFolder();
    // SQLite has one process.
    const other = target.kind === 'postgres' ? await GatewayProcess.start(elsewhere.path, { ...SETTINGS, DATABASE_URL: target.url }) : gateway;
    const token = await bearer('new@example.com');
    const asking = Array.from({ length: 20 }, async (_one, at) => new TestClient((at % 2 === 0 ? gateway : other).url, token).run(WHO));
    for (const { viewer } of await Promise.all(asking)) expect(viewer).toEqual({ user: { username: 'new@example.com', isSuperAdmin: false, groups: [] }, permissions: [] });
    if (other !== gateway) await other.stop();
    const { nodes: users } = (await admin.run('{ users { nodes { username email active } } }')).users;
    expect(users.filter(({ username }: { username: string }) => username === 'new@example.com')).toEqual([{ username: 'new@example.com', email: null, active: true }]);
    expect(gateway.output()).toMatch(/"user":"new@example\.com".*"A user was created by a valid token/);
  });

  it.each(['system', 'System', 'ADMIN', '.hidden', 'two words', '<b>', 'x'.repeat(65), 'Zoë'])('%s is refused: the rules of usernames hold', async (name) => {
    const { status, errors } = await (await client(name)).send(WHO);
    expect([status, errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await admin.run('query ($username: String!) { user(username: $username) { username } }', { username: name })).user).toBeNull();
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(name === 'system' ? /_total\{outcome="INACTIVE_USER"\} [1-9]/ : /_total\{outcome="REFUSED_USERNAME"\} [1-9]/);
  });

  it('does not come back once its user is inactive', async () => {
    const leaver = await client('leaver');
    expect(await leaver.code(WHO)).toBe('data');
    await admin.run('mutation { updateUser(input: { username: "leaver", active: false }) { username } }');
    expect(await (await client('leaver', ['admins'])).code(WHO)).toBe('UNAUTHENTICATED');
  });
});

describe('the groups of a token', () => {
  it('hold for the requests with that token, and for no other of the same user', async () => {
    const [plain, admins, both] = [await client('ann'), await client('ann', ['admins', 'unknown', 7]), await client('ann', 'admins importers')];
    for (let times = 0; times < 3; times += 1) {
      expect((await plain.run(WHO)).viewer).toMatchObject({ user: { groups: [] }, permissions: [] });
      expect((await admins.run(WHO)).viewer).toMatchObject({ user: { groups: [{ name: 'admins' }] }, permissions: ['ADMIN'] });
      expect((await both.run(WHO)).viewer).toMatchObject({ user: { groups: [{ name: 'admins' }, { name: 'importers' }] }, permissions: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'] });
      expect([await plain.code(LIST), await admins.code(LIST)]).toEqual(['FORBIDDEN', 'data']);
    }
    expect((await admin.run('{ user(username: "ann") { groups { name } } group(name: "admins") { users { username } } }'))).toEqual({ user: { groups: [] }, group: { users: [] } });
  });

  it('add to the groups of the account, and an API key has those of the account only', async () => {
    await (await client('bob')).run(WHO);
    await admin.run('mutation { updateUser(input: { username: "bob", groups: ["importers"] }) { username } }');
    const bob = await client('bob', ['admins']);
    expect((await bob.run(WHO)).viewer.permissions).toEqual(['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN']);
    const { createApiKey } = await bob.run('mutation { createApiKey(input: { username: "bob", name: "k" }) { key } }');
    expect((await new TestClient(gateway.url, createApiKey.key).run(WHO)).viewer.permissions).toEqual(['IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN']);
  });

  it('follow what the group holds now, and end with it', async () => {
    const member = await client('member', ['passing']);
    expect((await member.run(WHO)).viewer.permissions).toEqual([]);
    await admin.run('mutation { createGroup(input: { name: "passing", permissions: [ADMIN], datacenters: ["main"] }) { name } }');
    expect((await member.run(WHO)).viewer.permissions).toEqual(['ADMIN']);
    await admin.run('mutation { deleteGroup(name: "passing") }');
    expect((await member.run(WHO)).viewer.permissions).toEqual([]);
  });

  it('are what a task of the caller runs with', async () => {
    await admin.run(`mutation { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "none", url: "${gateway.url}/nothing" }] }) { vmsImageVmNic } }`);
    const importer = await client('importer', ['admins', 'importers']);
    // The worker checks the starter's rights before it fetches anything, so this is the error of the fetch.
    expect(await importer.code('mutation { refreshImageRepository(name: "none") { added } }')).toBe('REPOSITORY_UNREACHABLE');
    expect(await (await client('importer', ['admins'])).code('mutation { refreshImageRepository(name: "none") { added } }')).toBe('FORBIDDEN');
  });
});

describe('a subscription', () => {
  const CHANGES = 'subscription { imageRepositoryChanged { name } }';

  it.each(['sse', 'websocket'] as const)('over %s runs with the groups of its token, and ends once the group holds less', async (transport) => {
    await admin.run('mutation { updateGroup(input: { name: "importers", permissions: [IMAGE_ADMIN, IMAGE_IMPORT_ADMIN] }) { name } }');
    const following = await follow(transport, gateway.url, await bearer('watcher', ['admins', 'importers']), CHANGES);
    const refused = await follow(transport, gateway.url, await bearer('watcher'), CHANGES);
    expect(await refused.ended).toBe('FORBIDDEN');
    await admin.run('mutation { updateGroup(input: { name: "importers", permissions: [IMAGE_ADMIN] }) { name } }');
    expect(await following.ended).toBe('FORBIDDEN');
    await Promise.all([following.stop(), refused.stop()]);
  });
});

describe('a token of an older secret', () => {
  it('lives on until it expires, beside those of the new one', async () => {
    for (const secret of SECRETS) expect(await (await client('ann', [], { secret })).code(WHO)).toBe('data');
    expect(await (await client('ann', [], { secret: 'a secret that nobody configured, of thirty-two bytes' })).code(WHO)).toBe('UNAUTHENTICATED');
    expect(await (await client('ann', [], { secret: SECRETS[1] ?? '', seconds: -60 })).code(WHO)).toBe('UNAUTHENTICATED');
  });
});
