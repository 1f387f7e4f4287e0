import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERSONAS, type Persona, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.create();
}, 60_000);
afterAll(async () => world?.close());

/** Cells in the order U O D I X Z M N S: y allowed, F FORBIDDEN, N NOT_FOUND or null. A is always UNAUTHENTICATED. */
type Row = [operation: string, cells: string, (persona: Persona) => { query: string; variables?: Record<string, unknown> }];

const text = (query: string) => (): { query: string } => ({ query });

function importing(input: Record<string, unknown>) {
  return (persona: Persona) => {
    const name = `${persona}-${Math.random().toString(36).slice(2, 8)}`;
    const { manifestUrl } = world.offer(name);
    return { query: 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', variables: { input: { name, manifestUrl, ...input } } };
  };
}

function importingOffered(persona: Persona): { query: string; variables: Record<string, unknown> } {
  const name = `${persona}-${Math.random().toString(36).slice(2, 8)}`;
  const uuid = '00000000-0000-4000-8000-000000000000';
  const query = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { image { name } } }';
  return { query, variables: { input: { repository: 'remote', uuid, name, datacenter: 'north' } } };
}

const unique = (): string => Math.random().toString(36).slice(2, 10);
const superOnly = 'FFFFFFFFy';

const ROWS: Row[] = [
  ['images of a datacenter', 'FFyyFNyFy', text('{ images(datacenter: "north") { nodes { name } } }')],
  ['images of all datacenters', 'FFyyyyyFy', text('{ images(showAll: true) { nodes { name } } }')],
  ['Datacenter.images', 'FFyyFNyFy', text('{ datacenter(name: "north") { images { nodes { name } } } }')],
  ['a public image', 'yyyyyNyyy', text('{ image(name: "public") { name } }')],
  ['a public unbound image', 'yyyyyNyyy', text('{ image(name: "unbound") { name } }')],
  ['a private image of O', 'NyyyNNyNy', text('{ image(name: "private") { name } }')],
  ['a private image of somebody else', 'NNyyNNyNy', text('{ image(name: "foreign") { name } }')],
  ['a deleted bound image', 'NNNyNNyNy', text('{ image(name: "deleted") { name } }')],
  ['a deleted unbound image', 'NNNNNNNNy', text('{ image(name: "deleted-unbound") { name } }')],
  ['an image attached nowhere', 'NNNNNNNNy', text('{ image(name: "loose") { name } }')],
  ['usable images', 'yyyyyNyyy', text('{ usableImages(datacenter: "north") { nodes { name } } }')],
  ['import, bound', 'FFFFFNyFy', importing({ datacenter: 'north' })],
  ['import, bound to a datacenter that is not there', 'NNNNNNNNN', importing({ datacenter: 'nowhere' })],
  ['import, unbound', superOnly, importing({ dcBound: false })],
  ['import from a repository, of an image it lacks', 'FFFFFNNFN', importingOffered],
  ['attach', superOnly, text('mutation { attachImage(input: { image: "loose", datacenter: "south" }) { bindingRemoved } }')],
  ['detach', superOnly, text('mutation { detachImage(input: { image: "loose", datacenter: "south" }) { bindingRemoved } }')],
  ['list repositories', 'FFFFFFyFy', text('{ imageRepositories { name } }')],
  ['show a repository', 'FFFFFFyFy', text('{ imageRepository(name: "remote") { name } }')],
  ['browse a repository', 'FFFFFFyFy', text('{ imageRepository(name: "remote") { images { nodes { name } } } }')],
  ['refresh a repository', 'FFFFFFyFy', text('mutation { refreshImageRepository(name: "remote") { added } }')],
  ['refresh all repositories', 'FFFFFFyFy', text('mutation { refreshImageRepositories { added } }')],
  ...['servers { nodes { hostname } }', 'serverCount', 'manifest', 'file { sha1 }', 'tasks { nodes { id } }', 'repository { name }', 'manifestUrl', 'sourceSnapshot { name }'].map(
    (field): Row => [`Image.${field.split(' ')[0]}`, 'FFyyFNyFy', text(`{ image(name: "public") { name ${field} } }`)],
  ),
  ['settings of a datacenter', 'FFyyFNyFy', text('{ datacenter(name: "north") { settings { vmsImageLimit } } }')],
  ['change settings of a datacenter', superOnly, text('mutation { updateDatacenterSettings(input: { datacenter: "north", vmsImageLimit: 500 }) { name } }')],
  ['global settings', superOnly, text('{ globalSettings { vmsImageVmNic } }')],
  ['change global settings', superOnly, text('mutation { updateGlobalSettings(input: { vmsImageVmNic: 1 }) { vmsImageVmNic } }')],
  ['create a datacenter', superOnly, () => ({ query: `mutation { createDatacenter(input: { name: "dc-${unique()}" }) { name } }` })],
  ['create a user', superOnly, () => ({ query: `mutation { createUser(input: { username: "u-${unique()}" }) { username } }` })],
  ['create a group', superOnly, () => ({ query: `mutation { createGroup(input: { name: "g-${unique()}", permissions: [] }) { name } }` })],
  ['create an API key', superOnly, text('mutation { createApiKey(input: { username: "U", name: "more" }) { id } }')],
  ['register a snapshot', superOnly, () => ({ query: `mutation { registerSnapshot(input: { server: "u-server", name: "s-${unique()}", size: 1 }) { name } }` })],
  ['register a server', superOnly, () => ({
    query: `mutation ($uuid: UUID!) { registerServer(input: { uuid: $uuid, hostname: "h-${unique()}", datacenter: "south", owner: "admin", osType: BSD_VM }) { uuid } }`,
    variables: { uuid: crypto.randomUUID() },
  })],
  ['users', superOnly, text('{ users { username } }')],
  ['a user', superOnly, text('{ user(username: "U") { username } }')],
  ['groups', superOnly, text('{ groups { name } }')],
  ['a group', superOnly, text('{ group(name: "north-users") { name } }')],
  ['the e-mail address of an owner', 'FFFFFNFFy', text('{ image(name: "public") { owner { email } } }')],
  ['servers of a datacenter', 'yyyyyNyyy', text('{ servers(datacenter: "north") { nodes { hostname } } }')],
  ['a server of somebody else', 'NNyyNNyNy', text('{ server(hostname: "admin-server") { hostname } }')],
  ['an own server', 'yNyyNNyNy', text('{ server(hostname: "u-server") { hostname } }')],
  ['tasks of a datacenter', 'yyyyyNyyy', text('{ tasks(datacenter: "north") { nodes { id } } }')],
  ['the viewer', 'yyyyyyyyy', text('{ viewer { user { username email isSuperAdmin groups { name } } currentDatacenter { name } datacenters { name } permissions } }')],
  ['datacenters', 'yyyyyyyyy', text('{ datacenters { nodes { name } } }')],
  ['a private datacenter', 'yyyyyNyyy', text('{ datacenter(name: "north") { name owner { username } } }')],
  ['groups of a datacenter', 'FFFFFNFFy', text('{ datacenter(name: "north") { groups { name } } }')],
];

const LETTERS: Record<string, string> = { UNAUTHENTICATED: 'A', FORBIDDEN: 'F', NOT_FOUND: 'N' };

async function outcome(persona: Persona, row: Row): Promise<string> {
  const { query, variables } = row[2](persona);
  const { data, errors } = await world.clients[persona].send(query, variables);
  const code = errors[0]?.extensions.code;
  if (code !== undefined) return LETTERS[code] ?? `${code}: ${errors[0]?.message}`;
  return Object.values(data ?? {}).every((value) => value === null) ? 'N' : 'y';
}

describe.each(ROWS)('%s', (...row) => {
  it.each(PERSONAS.map((persona, at) => [persona, at === 0 ? 'A' : row[1][at - 1]] as const))('%s: %s', async (persona, expected) => {
    expect(await outcome(persona, row)).toBe(expected);
  });
});

describe('what is in the lists', () => {
  const names = async (persona: Persona, query: string, field: string): Promise<string[]> => {
    const data = await world.clients[persona].run(query);
    const found = data[field].nodes.map((node: { name?: string; hostname?: string }) => node.name ?? node.hostname) as string[];
    // Imports of other cases come and go beside the images of the world.
    return found.filter((name) => !/^[A-Z]-/.test(name)).sort();
  };
  const attached = ['foreign', 'private', 'public', 'unbound'];

  it.each([
    ['D', attached],
    ['I', [...attached, 'deleted'].sort()],
    ['M', [...attached, 'deleted'].sort()],
    ['S', [...attached, 'deleted', 'deleted-unbound'].sort()],
  ] as const)('images with showDeleted for %s', async (persona, expected) => {
    expect(await names(persona, '{ images(datacenter: "north", showDeleted: true, first: 200) { nodes { name } } }', 'images')).toEqual(expected);
    expect(await names(persona, '{ images(datacenter: "north", first: 200) { nodes { name } } }', 'images')).toEqual(attached);
  });

  it.each([
    ['D', attached],
    ['X', ['southern']],
    ['Z', ['southern']],
    ['S', [...attached, 'loose', 'southern'].sort()],
  ] as const)('images with showAll for %s', async (persona, expected) => {
    expect(await names(persona, '{ images(showAll: true, first: 200) { nodes { name } } }', 'images')).toEqual(expected);
  });

  it.each([
    ['U', ['public', 'unbound']],
    ['O', ['private', 'public', 'unbound']],
    ['D', ['public', 'unbound']],
    ['S', attached],
  ] as const)('usable images for %s', async (persona, expected) => {
    expect(await names(persona, '{ usableImages(datacenter: "north", first: 200) { nodes { name } } }', 'usableImages')).toEqual(expected);
  });

  it.each([
    ['U', ['u-server']],
    ['O', []],
    ['D', ['admin-server', 'u-server']],
    ['S', ['admin-server', 'u-server']],
  ] as const)('servers for %s', async (persona, expected) => {
    expect(await names(persona, '{ servers(datacenter: "north") { nodes { hostname } } }', 'servers')).toEqual(expected);
  });

  it('tasks: own ones only, unless DCAdmin', async () => {
    const seen = async (persona: Persona): Promise<number> => (await world.clients[persona].run('{ tasks(datacenter: "north") { totalCount } }')).tasks.totalCount;
    expect(await seen('U')).toBe(0);
    expect(await seen('D')).toBeGreaterThan(4);
    expect(await seen('D')).toBe(await seen('S'));
  });
});

describe('a refusal', () => {
  it('says which permissions are missing, and where', async () => {
    const { errors } = await world.clients.N.send('{ images(datacenter: "north") { nodes { name } } }');
    expect(errors[0]?.extensions.requires).toEqual({ permissions: ['ADMIN'], datacenter: 'north' });
  });

  it('leaves the plain fields of a usable image beside the guarded one', async () => {
    const { data, errors } = await world.clients.U.send('{ image(name: "public") { name owner { username } dcBound serverCount } }');
    expect(data?.image).toEqual({ name: 'public', owner: { username: 'admin' }, dcBound: true, serverCount: null });
    expect(errors).toMatchObject([{ path: ['image', 'serverCount'], extensions: { code: 'FORBIDDEN' } }]);
  });
});
