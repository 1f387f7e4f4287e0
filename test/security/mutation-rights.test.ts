import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOf, GatewayProcess, TestClient, withCompiledOperations } from '../support/gateway.js';
import { makeImage } from '../support/make-image.js';
import { temporaryFolder } from '../support/temp-folder.js';
import { ask, type Result, type Transport, TRANSPORTS } from '../support/transports.js';
import { IMPORTER, type Person, World } from '../support/world.js';

withCompiledOperations();

/** `compiled`: a document that was answered twice before, which is answered without Apollo Server. */
const PATHS = [...TRANSPORTS, 'compiled'] as const;
type Path = (typeof PATHS)[number];

let world: World;
let admin: TestClient;

beforeAll(async () => {
  world = await World.start({ imageServer: false });
  ({ admin } = world);
});
afterAll(async () => world?.close());

const superAdmin = async (): Promise<Person> => world.person(undefined, { isSuperAdmin: true });

/** Sends it over the path; `harmless` are variables with which every field of the document succeeds. */
async function send(path: Path, key: string, query: string, variables: Record<string, unknown>, harmless: () => Promise<Record<string, unknown>>): Promise<Result> {
  if (path === 'compiled') {
    for (let time = 0; time < 3; time += 1) await new TestClient(world.gateway.url, key).run(query, await harmless());
  }
  const transport: Transport = path === 'compiled' ? 'http' : path;
  return ask(transport, world.gateway.url, key, { query, variables });
}

/** Each root field of an answer: its code, or `data`. */
function outcomes({ data, errors = [] }: Result, fields: readonly string[]): string[] {
  if (!data) {
    const codes = new Map(errors.map((error) => [error.path?.[0], error.extensions.code]));
    return fields.map((field) => codes.get(field) ?? 'not told');
  }
  return fields.map((field) => errors.find((error) => error.path?.[0] === field)?.extensions.code ?? (data[field] === null ? 'null' : 'data'));
}

const exists = async (username: string): Promise<boolean> => (await admin.run('query ($u: String!) { user(username: $u) { username } }', { u: username })).user !== null;

describe.each(PATHS)('a field of a mutation is judged by the rights that the field before it left, over %s', (path) => {
  it('whoever gives up being SuperAdmin makes no other one', async () => {
    const { username, key } = await superAdmin();
    const query = `mutation Demote($me: String!, $power: Boolean!, $other: String!) {
      a: updateUser(input: { username: $me, isSuperAdmin: $power }) { username }
      b: createUser(input: { username: $other, isSuperAdmin: true }) { username } }`;
    const other = world.unique();
    const result = await send(path, key, query, { me: username, power: false, other }, async () => ({ me: username, power: true, other: world.unique() }));
    expect(outcomes(result, ['b'])).toEqual(['FORBIDDEN']);
    expect(await exists(other)).toBe(false);
  });

  it('whoever closes its own account does nothing more', async () => {
    const { username, key } = await superAdmin();
    const query = `mutation Close($me: String!, $active: Boolean!, $other: String!) {
      a: updateUser(input: { username: $me, active: $active }) { username }
      b: createUser(input: { username: $other }) { username }
      c: createApiKey(input: { username: "admin", name: "stolen" }) { key } }`;
    const other = world.unique();
    const result = await send(path, key, query, { me: username, active: false, other }, async () => ({ me: username, active: true, other: world.unique() }));
    expect(result.errors?.map((error) => error.extensions.code)).toContain('UNAUTHENTICATED');
    expect(await exists(other)).toBe(false);
    expect(JSON.stringify(result.data ?? null)).not.toContain('"key"');
  });

  it('whoever revokes the key that it came with does nothing more', async () => {
    const { username, key, keyId } = await superAdmin();
    const query = `mutation Revoke($id: ID!, $other: String!) {
      a: revokeApiKey(id: $id)
      b: createUser(input: { username: $other }) { username } }`;
    const spare = async (): Promise<string> => (await admin.run('mutation ($u: String!) { createApiKey(input: { username: $u, name: "spare" }) { id } }', { u: username })).createApiKey.id;
    const other = world.unique();
    const result = await send(path, key, query, { id: keyId, other }, async () => ({ id: await spare(), other: world.unique() }));
    expect(outcomes(result, ['b'])).toEqual(['UNAUTHENTICATED']);
    expect(await exists(other)).toBe(false);
  });

  it('dry runs alike', async () => {
    const { username, key } = await superAdmin();
    const { manifestUrl } = world.offer();
    const query = `mutation DryRun($me: String!, $power: Boolean!, $input: ImportImageInput!) {
      a: updateUser(input: { username: $me, isSuperAdmin: $power }) { username }
      b: importImage(input: $input) { image { name } } }`;
    const input = { name: world.unique(), manifestUrl, dcBound: false, dryRun: true };
    const result = await send(path, key, query, { me: username, power: false, input }, async () => ({ me: username, power: true, input }));
    expect(outcomes(result, ['b'])).toEqual(['FORBIDDEN']);
  });

  it('what a field chose holds for those after it', async () => {
    const { username, key } = await superAdmin();
    const datacenter = await world.datacenter();
    const query = `mutation Switch($d: String!, $me: String!) {
      a: switchDatacenter(name: $d) { currentDatacenter { name } }
      b: updateUser(input: { username: $me, email: "a@b.example" }) { username }
      c: switchDatacenter(name: $d) { currentDatacenter { name } } }`;
    const result = await send(path, key, query, { d: datacenter, me: username }, async () => ({ d: datacenter, me: username }));
    expect(outcomes(result, ['a', 'b', 'c'])).toEqual(['data', 'data', 'data']);
    expect(result.data?.c.currentDatacenter.name).toBe(datacenter);
  });
});

describe.each(TRANSPORTS)('rights that lie in groups and datacenters, over %s', (transport) => {
  const losses = {
    nothing: () => 'switchDatacenter(name: "main") { currentDatacenter { name } }',
    permissions: (name: string) => `updateGroup(input: { name: "${name}", permissions: [ADMIN] }) { name }`,
    members: (name: string) => `updateGroup(input: { name: "${name}", users: [] }) { name }`,
    datacenters: (name: string) => `updateGroup(input: { name: "${name}", datacenters: [] }) { name }`,
    'the group': (name: string) => `deleteGroup(name: "${name}")`,
    'the groups of the datacenter': (name: string) => `updateDatacenter(input: { name: "${name}", groups: [] }) { name }`,
    'the datacenter': (name: string) => `deleteDatacenter(name: "${name}")`,
  };

  it.each(Object.entries(losses))('are looked at anew when a field takes away %s', async (what, loss) => {
    const { username, key } = await superAdmin();
    const place = await world.datacenter();
    await world.group(place, IMPORTER, [username], [place]);
    const { manifestUrl } = world.offer();
    const name = world.unique();
    // Once it is no SuperAdmin any more, the groups alone decide.
    const query = `mutation { a: ${loss(place)}
      b: updateUser(input: { username: "${username}", isSuperAdmin: false }) { username }
      c: importImage(input: { name: "${name}", alias: "${name}", manifestUrl: "${manifestUrl}", datacenter: "${place}" }) { image { name } } }`;
    const [outcome] = outcomes(await ask(transport, world.gateway.url, key, { query }), ['c']);
    expect(outcome).toMatch(what === 'nothing' ? /^data$/ : /^(FORBIDDEN|NOT_FOUND)$/);
  });
});

/** An address that answers with a manifest once it is told to. */
async function heldManifest(): Promise<{ url: string; asked: Promise<void>; release: () => void; close: () => Promise<unknown> }> {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { manifest } = makeImage({ name: world.unique(), version: '1', size: 100 });
  const server = createServer((_request, response) => {
    asked.resolve();
    void released.promise.then(() => response.setHeader('content-type', 'application/json').end(JSON.stringify(manifest)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/images/${manifest.uuid}`;
  return { url, asked: asked.promise, release: released.resolve, close: async () => new Promise((resolve) => server.close(resolve)) };
}

it('what somebody else takes away while a field runs is missing for the next one, whichever process took it', async () => {
  const { username, key } = await superAdmin();
  const held = await heldManifest();
  // A folder with SQLite has one process; on Postgres another one makes the change.
  const target = databaseOf(world.folder);
  await using elsewhere = await temporaryFolder();
  const other = target.kind === 'postgres' ? await GatewayProcess.start(elsewhere.path, { DATABASE_URL: target.url }) : world.gateway;
  const name = world.unique();
  const query = `mutation { a: importImage(input: { name: "${world.unique()}", manifestUrl: "${held.url}", dcBound: false, dryRun: true }) { warnings }
    b: createUser(input: { username: "${name}" }) { username } }`;
  const answer = ask('http', world.gateway.url, key, { query });
  await held.asked;
  await new TestClient(other.url, admin.key).run('mutation ($u: String!) { updateUser(input: { username: $u, isSuperAdmin: false }) { username } }', { u: username });
  held.release();
  expect(outcomes(await answer, ['b'])).toEqual(['FORBIDDEN']);
  expect(await exists(name)).toBe(false);
  if (other !== world.gateway) await other.stop();
  await held.close();
});
