import { type Case, type MakeRequest, type Request, SUPER_ONLY, text, uniqueName } from './cells.js';
import type { Persona, PersonaWorld } from './personas.js';

/** A request about a thing made for it by a SuperAdmin: `make` is what makes it, given its name. */
function about(make: (name: string) => string, request: (name: string) => string): MakeRequest {
  return async (persona, { clients }) => {
    const name = uniqueName(persona);
    await clients.S.run(make(name));
    return { query: request(name) };
  };
}

const server = (hostname: string, uuid: string): string =>
  `mutation { registerServer(input: { uuid: "${uuid}", hostname: "${hostname}", datacenter: "south", owner: "admin", osType: BSD_VM }) { uuid } }`;

function aboutServer(request: (uuid: string) => string): MakeRequest {
  return async (persona, { clients }) => {
    const uuid = crypto.randomUUID();
    await clients.S.run(server(uniqueName(persona), uuid));
    return { query: request(uuid) };
  };
}

async function revoking(persona: Persona, { clients }: PersonaWorld): Promise<Request> {
  const { createApiKey } = await clients.S.run(`mutation { createApiKey(input: { username: "U", name: "${uniqueName(persona)}" }) { id } }`);
  return { query: `mutation { revokeApiKey(id: "${createApiKey.id}") }` };
}

/** A task of an import into north that persona `asker` has just asked for, and that has ended. */
function cancelling(asker: Persona): MakeRequest {
  return async (_persona, { world, clients }) => {
    const name = uniqueName(asker);
    const { manifestUrl } = world.offer({ name, version: '1' });
    const mutation = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }';
    const { importImage } = await clients[asker].run(mutation, { input: { name, manifestUrl, datacenter: 'north' } });
    return { query: 'mutation ($id: ID!) { cancelTask(id: $id) { status } }', variables: { id: importImage.task.id } };
  };
}

async function removingRepository(persona: Persona, { world }: PersonaWorld): Promise<Request> {
  const name = uniqueName(persona).toLowerCase();
  if (persona === 'S') await world.admin.run('mutation ($input: NamedUrlInput!) { addImageRepository(input: $input) { name } }', { input: { name, url: world.repository.url } });
  return { query: `mutation { removeImageRepository(name: "${name}") }` };
}

/** Mutations of everything but images. */
export const ADMIN_CHANGES: Case[] = [
  ['refreshImageRepository', 'by name', 'FFFFFFyFy', text('mutation { refreshImageRepository(name: "remote") { added } }')],
  ['refreshImageRepositories', 'all', 'FFFFFFyFy', text('mutation { refreshImageRepositories { added } }')],
  ['cancelTask', 'of a SuperAdmin', 'NNFFNNFNy', cancelling('S')],
  ['cancelTask', 'of an Importer', 'NNFFNNyNy', cancelling('M')],
  ['updateDatacenterSettings', 'of a private one', SUPER_ONLY, text('mutation { updateDatacenterSettings(input: { datacenter: "north", vmsImageLimit: 500 }) { name } }')],
  ['updateGlobalSettings', 'one of them', SUPER_ONLY, text('mutation { updateGlobalSettings(input: { vmsImageVmNic: 1 }) { vmsImageVmNic } }')],
  ['addImageRepository', 'new', SUPER_ONLY, (persona, { world }) => ({ query: `mutation { addImageRepository(input: { name: "${uniqueName(persona).toLowerCase()}", url: "${world.repository.url}" }) { name } }` })],
  ['updateImageRepository', 'to the same address', SUPER_ONLY, (_persona, { world }) => ({ query: `mutation { updateImageRepository(input: { name: "remote", url: "${world.repository.url}" }) { name } }` })],
  ['updateImageRepository', 'that is not there', 'FFFFFFFFN', (_persona, { world }) => ({ query: `mutation { updateImageRepository(input: { name: "nothing", url: "${world.repository.url}" }) { name } }` })],
  ['removeImageRepository', 'that is there', SUPER_ONLY, removingRepository],
  ['removeImageRepository', 'that is not there', 'FFFFFFFFN', text('mutation { removeImageRepository(name: "nothing") }')],
  ['createDatacenter', 'new', SUPER_ONLY, (persona) => ({ query: `mutation { createDatacenter(input: { name: "${uniqueName(persona)}" }) { name } }` })],
  ['updateDatacenter', 'that is private', SUPER_ONLY, text('mutation { updateDatacenter(input: { name: "north", description: "cold" }) { name } }')],
  ['deleteDatacenter', 'without servers', SUPER_ONLY, about((name) => `mutation { createDatacenter(input: { name: "${name}" }) { name } }`, (name) => `mutation { deleteDatacenter(name: "${name}") }`)],
  ['createUser', 'new', SUPER_ONLY, (persona) => ({ query: `mutation { createUser(input: { username: "${uniqueName(persona)}" }) { username } }` })],
  ['updateUser', 'U', SUPER_ONLY, text('mutation { updateUser(input: { username: "U", email: "u@example.com" }) { username } }')],
  ['createGroup', 'new', SUPER_ONLY, (persona) => ({ query: `mutation { createGroup(input: { name: "${uniqueName(persona)}", permissions: [] }) { name } }` })],
  ['updateGroup', 'of others', SUPER_ONLY, text('mutation { updateGroup(input: { name: "north-users", alias: "Users" }) { name } }')],
  ['deleteGroup', 'without members', SUPER_ONLY, about((name) => `mutation { createGroup(input: { name: "${name}", permissions: [] }) { name } }`, (name) => `mutation { deleteGroup(name: "${name}") }`)],
  ['createApiKey', 'of U', 'yFFFFFFFy', text('mutation { createApiKey(input: { username: "U", name: "more" }) { id } }')],
  ['createApiKey', 'of their own', 'yyyyyyyyy', (persona) => ({ query: `mutation { createApiKey(input: { username: "${persona === 'S' ? 'admin' : persona}", name: "own" }) { id } }` })],
  ['revokeApiKey', 'of U', 'yNNNNNNNy', revoking],
  ['registerServer', 'new', SUPER_ONLY, (persona) => ({ query: server(uniqueName(persona), crypto.randomUUID()) })],
  ['updateServer', 'of admin', SUPER_ONLY, aboutServer((uuid) => `mutation { updateServer(input: { uuid: "${uuid}", status: STOPPED }) { uuid } }`)],
  ['unregisterServer', 'of admin', SUPER_ONLY, aboutServer((uuid) => `mutation { unregisterServer(uuid: "${uuid}") }`)],
  ['registerSnapshot', 'new', SUPER_ONLY, (persona) => ({ query: `mutation { registerSnapshot(input: { server: "u-server", name: "${uniqueName(persona)}", size: 1 }) { name } }` })],
  [
    'unregisterSnapshot',
    'of U',
    SUPER_ONLY,
    about(
      (name) => `mutation { registerSnapshot(input: { server: "u-server", name: "${name}", size: 1 }) { name } }`,
      (name) => `mutation { unregisterSnapshot(input: { server: "u-server", name: "${name}" }) }`,
    ),
  ],
  ['updateServer', 'that is not there', 'FFFFFFFFN', text('mutation { updateServer(input: { uuid: "aaaaaaaa-0000-4000-8000-0000000000ff", status: STOPPED }) { uuid } }')],
  ['switchDatacenter', 'to a private one', 'yyyyyNyyy', text('mutation { switchDatacenter(name: "north") { currentDatacenter { name } } }')],
  ['switchDatacenter', 'to main', 'yyyyyyyyy', text('mutation { switchDatacenter(name: "main") { currentDatacenter { name } } }')],
  ['switchDatacenter', 'to one that is not there', 'NNNNNNNNN', text('mutation { switchDatacenter(name: "nowhere") { currentDatacenter { name } } }')],
];
