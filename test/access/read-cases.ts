import { type Case, type MakeRequest, type Request, SUPER_ONLY, text } from './cells.js';
import type { PersonaWorld } from './personas.js';

const byUuid = (name: string): MakeRequest => (_persona, { world }) => ({ query: 'query ($uuid: UUID) { image(uuid: $uuid) { name } }', variables: { uuid: world.uuids.get(name) } });

/** Each image of the world, and who sees it. */
const VISIBLE: [image: string, cells: string][] = [
  ['public', 'yyyyyNyyy'],
  ['unbound', 'yyyyyNyyy'],
  ['private', 'NyyyNNyNy'],
  ['foreign', 'NNyyNNyNy'],
  ['deleted', 'NNNyNNyNy'],
  ['deleted-unbound', 'NNNNNNNNy'],
  ['loose', 'NNNNNNNNy'],
  ['southern', 'NNNNyyNNy'],
  ['southern-deleted', 'NNNNyyNNy'],
];

const GUARDED = ['servers { nodes { hostname } }', 'serverCount', 'manifest', 'file { sha1 }', 'tasks { nodes { id } }', 'repository { name }', 'manifestUrl', 'sourceSnapshot { name }'];

const task = async (name: string, { clients }: PersonaWorld): Promise<Request> => {
  const { tasks } = await clients.S.run(`{ tasks(image: "${name}") { nodes { id } } }`);
  return { query: 'query ($id: ID!) { task(id: $id) { id } }', variables: { id: tasks.nodes[0].id } };
};

const ID_OF: Record<string, string> = {
  Image: 'image(name: $n)',
  Datacenter: 'datacenter(name: $n)',
  User: 'user(username: $n)',
  Group: 'group(name: $n)',
  VirtualServer: 'server(hostname: $n)',
  ImageRepository: 'imageRepository(name: $n)',
};

/** An object of the world by its global id, alone or in a list. */
const byId = (field: 'node' | 'nodes', type: string, name: string): MakeRequest => async (_persona, { clients }) => {
  const { it } = await clients.S.run(`query ($n: String!) { it: ${ID_OF[type]} { id } }`, { n: name });
  return { query: `query ($id: ID!) { ${field === 'node' ? 'node(id: $id)' : 'nodes(ids: [$id])'} { __typename } }`, variables: { id: it.id } };
};

/** Queries and subscriptions, by what they ask for. */
export const READS: Case[] = [
  ['images', 'of a datacenter', 'FFyyFNyFy', text('{ images(datacenter: "north") { nodes { name } } }')],
  ['images', 'of all datacenters', 'FFyyyyyFy', text('{ images(showAll: true) { nodes { name } } }')],
  ['images', 'of a datacenter, Deleted ones too', 'FFyyFNyFy', text('{ images(datacenter: "north", showDeleted: true) { nodes { name } } }')],
  ['images', 'of all datacenters, Deleted ones too', 'FFyyyyyFy', text('{ images(showAll: true, showDeleted: true) { nodes { name } } }')],
  ['datacenter', 'and its images', 'FFyyFNyFy', text('{ datacenter(name: "north") { images { nodes { name } } } }')],
  ...VISIBLE.map(([name, cells]): Case => ['image', `${name}, by name`, cells, text(`{ image(name: "${name}") { name } }`)]),
  ...VISIBLE.map(([name, cells]): Case => ['image', `${name}, by uuid`, cells, byUuid(name)]),
  ['usableImages', 'of a datacenter', 'yyyyyNyyy', text('{ usableImages(datacenter: "north") { nodes { name } } }')],
  ['datacenter', 'and its usable images', 'yyyyyNyyy', text('{ datacenter(name: "north") { usableImages { nodes { name } } } }')],
  ...VISIBLE.map(([name, cells]): Case => ['node', `image ${name}`, cells, byId('node', 'Image', name)]),
  ['nodes', 'images', 'NyyyNNyNy', byId('nodes', 'Image', 'private')],
  ['node', 'datacenter', 'yyyyyNyyy', byId('node', 'Datacenter', 'north')],
  ['node', 'user U', 'yNNNNNNNy', byId('node', 'User', 'U')],
  ['node', 'group of U, O and X', 'yyNNyNNNy', byId('node', 'Group', 'north-users')],
  ['node', 'server of U', 'yNyyNNyNy', byId('node', 'VirtualServer', 'u-server')],
  ['node', 'repository', 'NNNNNNyNy', byId('node', 'ImageRepository', 'remote')],
  ['imageServer', 'where none is configured', 'FFNNNNNFN', text('{ imageServer { url } }')],
  ['imageRepositories', 'list', 'FFFFFFyFy', text('{ imageRepositories { name } }')],
  ['imageRepository', 'by name', 'FFFFFFyFy', text('{ imageRepository(name: "remote") { name } }')],
  ['imageRepository', 'and what it offers', 'FFFFFFyFy', text('{ imageRepository(name: "remote") { images { nodes { name } } } }')],
  ...['public', 'unbound'].flatMap((name) =>
    GUARDED.map((field): Case => ['image', `${name}, its ${field.split(' ')[0]}`, 'FFyyFNyFy', text(`{ image(name: "${name}") { name ${field} } }`)]),
  ),
  ...GUARDED.map((field): Case => ['image', `of O, its ${field.split(' ')[0]}`, 'NFyyNNyNy', text(`{ image(name: "private") { name ${field} } }`)]),
  ...GUARDED.map((field): Case => ['image', `of south, its ${field.split(' ')[0]}`, 'NNNNyyNNy', text(`{ image(name: "southern") { name ${field} } }`)]),
  ['image', 'and what may be done to it', 'yyyyyNyyy', text('{ image(name: "public") { actions { action allowed code reason } } }')],
  ['datacenter', 'and its settings', 'FFyyFNyFy', text('{ datacenter(name: "north") { settings { vmsImageLimit } } }')],
  ['datacenter', 'and whom an image may be given to', 'FFyyFNyFy', text('{ datacenter(name: "north") { members { nodes { username } } } }')],
  ['usableImages', 'that servers use', 'FFyyyNyFy', text('{ usableImages(datacenter: "north", filter: { inUse: true }) { nodes { name } } }')],
  ['usableImages', 'from a repository', 'FFFFFNyFy', text('{ usableImages(datacenter: "north", filter: { repository: ["remote"] }) { nodes { name } } }')],
  ['images', 'that servers do not use, by not', 'FFyyyyyFy', text('{ images(showAll: true, filter: { not: { inUse: true } }) { nodes { name } } }')],
  ['tasks', 'of a repository', 'FFFFFFyFy', text('{ tasks(repository: "remote") { nodes { id } } }')],
  ['globalSettings', 'read', SUPER_ONLY, text('{ globalSettings { vmsImageVmNic } }')],
  ['users', 'list', SUPER_ONLY, text('{ users { nodes { username } } }')],
  ['user', 'by name', SUPER_ONLY, text('{ user(username: "U") { username } }')],
  ['groups', 'list', SUPER_ONLY, text('{ groups { nodes { name } } }')],
  ['group', 'by name', SUPER_ONLY, text('{ group(name: "north-users") { name } }')],
  ['image', 'and the e-mail address of its owner', 'FFFFFNFFy', text('{ image(name: "public") { owner { email } } }')],
  ['image', 'and the groups of its owner', 'FFFFFNFFy', text('{ image(name: "public") { owner { groups { name } } } }')],
  ['servers', 'of a datacenter', 'yyyyyNyyy', text('{ servers(datacenter: "north") { nodes { hostname } } }')],
  ['server', 'of somebody else', 'NNyyNNyNy', text('{ server(hostname: "admin-server") { hostname } }')],
  ['server', 'of U', 'yNyyNNyNy', text('{ server(hostname: "u-server") { hostname } }')],
  ['tasks', 'of a datacenter', 'yyyyyNyyy', text('{ tasks(datacenter: "north") { nodes { id } } }')],
  ['task', 'of the datacenter', 'NNyyNNyNy', async (_persona, of) => task('public', of)],
  ['task', 'of another datacenter', 'NNNNyyNNy', async (_persona, of) => task('southern', of)],
  ['task', 'of no datacenter', 'NNNNNNNNy', async (_persona, of) => task('loose', of)],
  ['viewer', 'with everything', 'yyyyyyyyy', text('{ viewer { user { username email isSuperAdmin groups { name } } currentDatacenter { name } datacenters { name } permissions } }')],
  ['datacenters', 'list', 'yyyyyyyyy', text('{ datacenters { nodes { name } } }')],
  ['datacenter', 'that is private', 'yyyyyNyyy', text('{ datacenter(name: "north") { name alias access description isDefault createdAt owner { username } imageCount boundImageCount } }')],
  ['datacenter', 'and its servers', 'yyyyyNyyy', text('{ datacenter(name: "north") { servers { nodes { hostname } } } }')],
  ['datacenter', 'and its groups', 'FFFFFNFFy', text('{ datacenter(name: "north") { groups { name } } }')],
  ['_service', 'SDL', 'yyyyyyyyy', text('{ _service { sdl } }')],
  ...VISIBLE.map(([name, cells]): Case => ['_entities', `image ${name}`, cells, text(`{ _entities(representations: [{ __typename: "Image", name: "${name}" }]) { __typename } }`)]),
  ['imageChanged', 'everywhere', 'yyyyyyyyy', text('subscription { imageChanged { kind } }')],
  ['imageChanged', 'in a datacenter', 'yyyyyNyyy', text('subscription { imageChanged(datacenter: "north") { kind } }')],
  ['taskChanged', 'of those it sees', 'yyyyyyyyy', text('subscription { taskChanged { id } }')],
  ['imageRepositoryChanged', 'any', 'FFFFFFyFy', text('subscription { imageRepositoryChanged { name } }')],
];
