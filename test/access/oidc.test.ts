import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migratedFolder, GatewayProcess, TestClient } from '../support/gateway.js';
import { OidcIssuer } from '../support/oidc-issuer.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const RESOURCE = 'urn:images';
const WHO = '{ viewer { user { username } permissions(datacenter: "main") } }';

let issuer: OidcIssuer;
let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

function settings(more: Record<string, string> = {}): Record<string, string> {
  return { AUTH_JWKS_URL: issuer.keySetUrl, AUTH_JWT_ISSUER: issuer.url, AUTH_JWT_AUDIENCE: RESOURCE, AUTH_GROUPS_CLAIM: 'groups', LOG_LEVEL: 'info', ...more };
}

beforeAll(async () => {
  issuer = await OidcIssuer.start('builder', 'stranger');
  folder = await migratedFolder();
  issuer.isDown = true;
  gateway = await GatewayProcess.start(folder.path, settings());
  admin = new TestClient(gateway.url, gateway.firstKey);
});
afterAll(async () => {
  await gateway?.stop();
  await issuer?.stop();
  await folder?.remove();
});
beforeEach(() => {
  issuer.claims = {};
});

async function client(resource = RESOURCE, name = 'builder'): Promise<TestClient> {
  return new TestClient(gateway.url, await issuer.token({ client: name, resource }));
}

/** How often sign-ins ended so. */
async function refusals(...outcomes: string[]): Promise<number[]> {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  return outcomes.map((outcome) => Number(new RegExp(`^gateway_sign_ins_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(metrics)?.[1]));
}

describe('while the key set is down', () => {
  it('the gateway starts, says so in one sentence, and API keys work', async () => {
    const warnings = () => gateway.output().split('\n').filter((line) => line.includes('"level":40'));
    await expect.poll(() => warnings().length).toBe(1);
    expect((JSON.parse(warnings()[0] ?? '') as { msg: string }).msg).toMatch(/^AUTH_JWKS_URL=http:\/\/127\.0\.0\.1:\d+\/jwks: the key set cannot be read \(.*\); tokens that need it are refused until it can be, and API keys work\.$/);
    await admin.run('mutation { createUser(input: { username: "builder" }) { username } }');
    await admin.run('mutation { createGroup(input: { name: "admins", permissions: [ADMIN], datacenters: ["main"] }) { name } }');
  });

  it('a token is refused as any other that is not accepted, and the log says why', async () => {
    issuer.isDown = false;
    const waiting = await client();
    issuer.isDown = true;
    const before = issuer.keySetRequests;
    const answers = await Promise.all(Array.from({ length: 20 }, async () => waiting.send(WHO)));
    expect(new Set(answers.map(({ status, errors }) => `${status} ${errors[0]?.extensions.code}`))).toEqual(new Set(['401 UNAUTHENTICATED']));
    expect(issuer.keySetRequests - before).toBeLessThanOrEqual(2);
    expect(gateway.output()).toContain('"reason":"key set unavailable"');
    issuer.isDown = false;
    await expect.poll(async () => waiting.code(WHO), { timeout: 10_000 }).toBe('data');
    expect(gateway.output()).toContain('can be read again');
  });
});

describe('a client of an OpenID provider', () => {
  it('signs in by client credentials as the user of its name', async () => {
    expect((await (await client()).run(WHO)).viewer).toEqual({ user: { username: 'builder' }, permissions: [] });
    expect(await (await client(RESOURCE, 'stranger')).code(WHO)).toBe('UNAUTHENTICATED');
  });

  it('is in the groups that its token names', async () => {
    issuer.claims = { groups: ['admins', 'others'] };
    expect((await (await client()).run(WHO)).viewer.permissions).toEqual(['ADMIN']);
    issuer.claims = { groups: [] };
    expect((await (await client()).run(WHO)).viewer.permissions).toEqual([]);
  });

  it('is refused with a token for somebody else, or of another issuer with keys of its own', async () => {
    expect(await (await client('urn:mail')).code(WHO)).toBe('UNAUTHENTICATED');
    const other = await OidcIssuer.start('builder');
    expect(await new TestClient(gateway.url, await other.token({ client: 'builder', resource: RESOURCE })).code(WHO)).toBe('UNAUTHENTICATED');
    await other.stop();
    expect(await refusals('WRONG_AUDIENCE', 'UNKNOWN_SIGNING_KEY', 'UNKNOWN_USER')).toEqual([1, 1, 1]);
  });

  it('signs in with a new key of the issuer, and with the old one until its token expires or the key is gone', async () => {
    const [old, unused] = [await client(), await client()];
    expect(await old.code(WHO)).toBe('data');
    await issuer.addKey();
    const renewed = await client();
    await expect.poll(async () => renewed.code(WHO), { timeout: 15_000 }).toBe('data');
    expect(await old.code(WHO)).toBe('data');
    issuer.dropOldKeys();
    await issuer.addKey();
    const latest = await client();
    await expect.poll(async () => latest.code(WHO), { timeout: 15_000 }).toBe('data');
    expect([await renewed.code(WHO), await unused.code(WHO)]).toEqual(['data', 'UNAUTHENTICATED']);
  });
});

describe('with AUTH_USERNAME_CLAIM and AUTH_PROVISION', () => {
  it('a client is the user that the claim names, made by its first token', async () => {
    const home = await migratedFolder();
    const other = await GatewayProcess.start(home.path, settings({ AUTH_USERNAME_CLAIM: 'login', AUTH_PROVISION: 'on' }));
    issuer.claims = { login: 'build.server@example.com', groups: ['admins'] };
    const token = await issuer.token({ client: 'builder', resource: RESOURCE });
    expect((await new TestClient(other.url, token).run(WHO)).viewer).toEqual({ user: { username: 'build.server@example.com' }, permissions: [] });
    issuer.claims = {};
    expect(await new TestClient(other.url, await issuer.token({ client: 'builder', resource: RESOURCE })).code(WHO)).toBe('UNAUTHENTICATED');
    expect(other.output()).toContain('"reason":"no username"');
    await other.stop();
    await home.remove();
  });
});
