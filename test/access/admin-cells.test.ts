import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Request, type Row, SUPER_ONLY, testCells, text, uniqueName } from './cells.js';
import { type Persona, PERSONAS, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => world?.close());

/** A request about a thing made for it by a SuperAdmin: `make` is what makes it, given its name. */
function about(make: (name: string) => string, request: (name: string) => string): Row[2] {
  return async (persona) => {
    const name = uniqueName(persona);
    await world.clients.S.run(make(name));
    return { query: request(name) };
  };
}

const server = (hostname: string, uuid: string): string =>
  `mutation { registerServer(input: { uuid: "${uuid}", hostname: "${hostname}", datacenter: "south", owner: "admin", osType: BSD_VM }) { uuid } }`;

function aboutServer(request: (uuid: string) => string): Row[2] {
  return async (persona) => {
    const uuid = crypto.randomUUID();
    await world.clients.S.run(server(uniqueName(persona), uuid));
    return { query: request(uuid) };
  };
}

async function revoking(persona: Persona): Promise<Request> {
  const { createApiKey } = await world.clients.S.run(`mutation { createApiKey(input: { username: "U", name: "${uniqueName(persona)}" }) { id } }`);
  return { query: `mutation { revokeApiKey(id: "${createApiKey.id}") }` };
}

testCells([
  ['change settings of a datacenter', SUPER_ONLY, text('mutation { updateDatacenterSettings(input: { datacenter: "north", vmsImageLimit: 500 }) { name } }')],
  ['change global settings', SUPER_ONLY, text('mutation { updateGlobalSettings(input: { vmsImageVmNic: 1 }) { vmsImageVmNic } }')],
  ['create a datacenter', SUPER_ONLY, (persona) => ({ query: `mutation { createDatacenter(input: { name: "${uniqueName(persona)}" }) { name } }` })],
  ['update a datacenter', SUPER_ONLY, text('mutation { updateDatacenter(input: { name: "north", description: "cold" }) { name } }')],
  ['delete a datacenter', SUPER_ONLY, about((name) => `mutation { createDatacenter(input: { name: "${name}" }) { name } }`, (name) => `mutation { deleteDatacenter(name: "${name}") }`)],
  ['create a user', SUPER_ONLY, (persona) => ({ query: `mutation { createUser(input: { username: "${uniqueName(persona)}" }) { username } }` })],
  ['update a user', SUPER_ONLY, text('mutation { updateUser(input: { username: "U", email: "u@example.com" }) { username } }')],
  ['create a group', SUPER_ONLY, (persona) => ({ query: `mutation { createGroup(input: { name: "${uniqueName(persona)}", permissions: [] }) { name } }` })],
  ['update a group', SUPER_ONLY, text('mutation { updateGroup(input: { name: "north-users", alias: "Users" }) { name } }')],
  ['delete a group', SUPER_ONLY, about((name) => `mutation { createGroup(input: { name: "${name}", permissions: [] }) { name } }`, (name) => `mutation { deleteGroup(name: "${name}") }`)],
  ['create an API key', SUPER_ONLY, text('mutation { createApiKey(input: { username: "U", name: "more" }) { id } }')],
  ['revoke an API key', SUPER_ONLY, revoking],
  ['register a server', SUPER_ONLY, (persona) => ({ query: server(uniqueName(persona), crypto.randomUUID()) })],
  ['update a server', SUPER_ONLY, aboutServer((uuid) => `mutation { updateServer(input: { uuid: "${uuid}", status: STOPPED }) { uuid } }`)],
  ['unregister a server', SUPER_ONLY, aboutServer((uuid) => `mutation { unregisterServer(uuid: "${uuid}") }`)],
  ['register a snapshot', SUPER_ONLY, (persona) => ({ query: `mutation { registerSnapshot(input: { server: "u-server", name: "${uniqueName(persona)}", size: 1 }) { name } }` })],
  [
    'unregister a snapshot',
    SUPER_ONLY,
    about(
      (name) => `mutation { registerSnapshot(input: { server: "u-server", name: "${name}", size: 1 }) { name } }`,
      (name) => `mutation { unregisterSnapshot(input: { server: "u-server", name: "${name}" }) }`,
    ),
  ],
  ['update a server that is not there', 'FFFFFFFFN', text('mutation { updateServer(input: { uuid: "aaaaaaaa-0000-4000-8000-0000000000ff", status: STOPPED }) { uuid } }')],
  ['switch to a private datacenter', 'yyyyyNyyy', text('mutation { switchDatacenter(name: "north") { currentDatacenter { name } } }')],
  ['switch to main', 'yyyyyyyyy', text('mutation { switchDatacenter(name: "main") { currentDatacenter { name } } }')],
  ['switch to a datacenter that is not there', 'NNNNNNNNN', text('mutation { switchDatacenter(name: "nowhere") { currentDatacenter { name } } }')],
], () => world);

describe('cancelTask', () => {
  // Who may gets past the permission, and then hears that there is nothing left to cancel.
  const NOT_SEEN = { U: 'NOT_FOUND', O: 'NOT_FOUND', X: 'NOT_FOUND', Z: 'NOT_FOUND', N: 'NOT_FOUND' };
  const NOT_THEIRS = { D: 'FORBIDDEN', I: 'FORBIDDEN', A: 'UNAUTHENTICATED' };

  it.each([
    ['of a SuperAdmin', 'S', { ...NOT_SEEN, ...NOT_THEIRS, M: 'FORBIDDEN', S: 'TASK_NOT_CANCELLABLE' }],
    ['of an Importer', 'M', { ...NOT_SEEN, ...NOT_THEIRS, M: 'TASK_NOT_CANCELLABLE', S: 'TASK_NOT_CANCELLABLE' }],
  ] as const)('%s: who asked for the task and SuperAdmins may, others who see it may not', async (_whose, asker, expected) => {
    const name = uniqueName(asker);
    const { manifestUrl } = world.offer(name);
    const { importImage } = await world.clients[asker].run(
      'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }',
      { input: { name, manifestUrl, datacenter: 'north' } },
    );
    const codes = PERSONAS.map(async (persona) => [persona, await world.clients[persona].code('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id: importImage.task.id })]);
    expect(Object.fromEntries(await Promise.all(codes))).toEqual(expected);
  });
});
