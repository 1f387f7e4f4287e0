import { afterAll, beforeAll } from 'vitest';
import { random } from '../support/random.js';
import { type Request, type Row, SUPER_ONLY, testCells, text, uniqueName } from './cells.js';
import { type ImageFacts, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => world?.close());

const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { image { name } } }';
const DELETE = 'mutation ($name: String!) { deleteImage(input: { name: $name }) { name } }';

const updating = (name: string, change: () => Record<string, unknown>): Row[2] => () => ({ query: UPDATE, variables: { input: { name, ...change() } } });

/**
 * What an image can be for those who ask, and who may change it: bound to north (public, of O, of somebody else, Deleted), bound
 * to none, bound to south, attached nowhere.
 */
const MANAGED: [image: string, cells: string][] = [
  ['public', 'FFFyFNyFy'],
  ['private', 'NFFyNNyNy'],
  ['foreign', 'NNFyNNyNy'],
  ['deleted', 'NNNyNNyNy'],
  ['unbound', 'FFFFFNFFy'],
  ['deleted-unbound', 'NNNNNNNNy'],
  ['southern', 'NNNNyyNNy'],
  ['southern-deleted', 'NNNNyyNNy'],
  ['loose', 'NNNNNNNNy'],
];
/** The same for what only a SuperAdmin may do to an image that the caller sees. */
const REBOUND: [image: string, cells: string, dcBound: boolean][] = [
  ['public', 'FFFFFNFFy', true],
  ['private', 'NFFFNNFNy', true],
  ['foreign', 'NNFFNNFNy', true],
  ['deleted', 'NNNFNNFNy', true],
  ['unbound', 'FFFFFNFFy', false],
  ['deleted-unbound', 'NNNNNNNNy', false],
  ['southern', 'NNNNFFNNy', true],
  ['loose', 'NNNNNNNNy', false],
];

/** Each field that can change, with a value that is good at any time and leaves the image what it is. */
const FIELDS: [field: string, value: () => unknown][] = [
  ['alias', () => uniqueName('alias')],
  ['version', () => uniqueName('v')],
  ['access', () => 'PUBLIC'],
  ['owner', () => 'admin'],
  ['description', () => uniqueName('text')],
  ['resize', () => random() < 0.5],
  ['deploy', () => random() < 0.5],
  ['tags', () => [uniqueName('tag')]],
];

function importing(input: Record<string, unknown>): Row[2] {
  return (persona) => {
    const name = uniqueName(persona);
    const { manifestUrl } = world.offer(name);
    return { query: 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', variables: { input: { name, manifestUrl, ...input } } };
  };
}

function importingOffered(input: Record<string, unknown>): Row[2] {
  return async (persona) => {
    const name = uniqueName(persona);
    // Who may not browse is refused before the repository is looked into.
    const uuid = persona === 'M' || persona === 'S' ? await world.offerLoaded(name) : crypto.randomUUID();
    const query = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { image { name } } }';
    return { query, variables: { input: { repository: 'remote', uuid, name, ...input } } };
  };
}

/** Each cell gets an image of its own, as those who may will take it away. */
function deleting(facts: Omit<ImageFacts, 'name'>): Row[2] {
  return async (persona) => {
    const name = uniqueName(persona);
    await world.createImage({ name, ...facts });
    return { query: DELETE, variables: { name } };
  };
}

const snapping = (server: string): Row[2] => (persona) => ({
  query: `mutation { createImageFromSnapshot(input: { server: "${server}", snapshot: "daily", name: "${uniqueName(persona)}" }) { image { name } } }`,
});

const attaching = (verb: 'attach' | 'detach', image: string): Row[2] => async (persona): Promise<Request> => {
  if (persona === 'S' && verb === 'attach') {
    await world.clients.S.send(`mutation { detachImage(input: { image: "${image}", datacenter: "main" }) { bindingRemoved } }`);
  }
  return { query: `mutation { ${verb}Image(input: { image: "${image}", datacenter: "main" }) { bindingRemoved } }` };
};

const none: string[] = [];
testCells([
  ...FIELDS.map(([field, value]): Row => [`update ${field} of a public image`, 'FFFyFNyFy', updating('public', () => ({ [field]: value() }))]),
  ...MANAGED.map(([name, cells]): Row => [`update of image ${name}`, cells, updating(name, () => ({ description: uniqueName('text') }))]),
  ...REBOUND.map(([name, cells, dcBound]): Row => [`update dcBound of image ${name}`, cells, updating(name, () => ({ dcBound }))]),
  ['update of an image that is not there', 'NNNNNNNNN', updating('nothing', () => ({ resize: true }))],
  ['delete a public image', 'FFFyFNyFy', deleting({ access: 'PUBLIC', owner: 'admin', bound: 'north', attached: none })],
  ['delete a private image of O', 'NFFyNNyNy', deleting({ access: 'PRIVATE', owner: 'O', bound: 'north', attached: none })],
  ['delete a private image of somebody else', 'NNFyNNyNy', deleting({ access: 'PRIVATE', owner: 'admin', bound: 'north', attached: none })],
  ['delete a Deleted image', 'NNNyNNyNy', deleting({ access: 'DELETED', owner: 'O', bound: 'north', attached: none })],
  ['delete an unbound image', 'FFFFFNFFy', deleting({ access: 'PUBLIC', owner: 'O', bound: null, attached: ['north'] })],
  ['delete a Deleted unbound image', 'NNNNNNNNy', deleting({ access: 'DELETED', owner: 'O', bound: null, attached: ['north'] })],
  ['delete an image bound to another datacenter', 'NNNNyyNNy', deleting({ access: 'PUBLIC', owner: 'admin', bound: 'south', attached: none })],
  ['delete an image attached nowhere', 'NNNNNNNNy', deleting({ access: 'PUBLIC', owner: 'O', bound: null, attached: none })],
  ['import, bound', 'FFFFFNyFy', importing({ datacenter: 'north' })],
  ['import, bound to a datacenter that is not there', 'NNNNNNNNN', importing({ datacenter: 'nowhere' })],
  ['import, unbound', SUPER_ONLY, importing({ dcBound: false })],
  ['import from a repository, bound', 'FFFFFNyFy', importingOffered({ datacenter: 'north' })],
  ['import from a repository, unbound', SUPER_ONLY, importingOffered({ dcBound: false })],
  [
    'import from a repository, of an image it lacks',
    'FFFFFNNFN',
    (persona) => ({
      query: `mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "remote", uuid: $uuid, name: "${uniqueName(persona)}", datacenter: "north" }) { image { name } } }`,
      variables: { uuid: crypto.randomUUID() },
    }),
  ],
  ['create from a snapshot of a server of U', 'FNFyNNyNy', snapping('u-server')],
  ['create from a snapshot of a server of somebody else', 'NNFyNNyNy', snapping('admin-server')],
  ['create from a snapshot of a server that is not there', 'NNNNNNNNN', snapping('nothing')],
  ['attach an image nobody sees', SUPER_ONLY, attaching('attach', 'loose')],
  ['detach it', SUPER_ONLY, attaching('detach', 'loose')],
  ['attach an image that all see', SUPER_ONLY, attaching('attach', 'unbound')],
  ['detach it again', SUPER_ONLY, attaching('detach', 'unbound')],
  ['attach an image that is not there', 'FFFFFFFFN', text('mutation { attachImage(input: { image: "nothing", datacenter: "north" }) { bindingRemoved } }')],
  ['detach from a datacenter that is not there', 'FFFFFFFFN', text('mutation { detachImage(input: { image: "public", datacenter: "nowhere" }) { bindingRemoved } }')],
], () => world);
