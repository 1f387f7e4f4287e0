import { random } from '../support/random.js';
import { type Case, type MakeRequest, type Request, SUPER_ONLY, text, uniqueName } from './cells.js';
import { createImage, type ImageFacts, offerLoaded } from './personas.js';

const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { image { name } } }';
const DELETE = 'mutation ($name: String!) { deleteImage(input: { name: $name }) { name } }';

const updating = (name: string, change: () => Record<string, unknown>): MakeRequest => () => ({ query: UPDATE, variables: { input: { name, ...change() } } });

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

function importing(input: Record<string, unknown>): MakeRequest {
  return (persona, { world }) => {
    const name = uniqueName(persona);
    const { manifestUrl } = world.offer({ name, version: '1' });
    return { query: 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', variables: { input: { name, manifestUrl, ...input } } };
  };
}

function importingOffered(input: Record<string, unknown>): MakeRequest {
  return async (persona, { world }) => {
    const name = uniqueName(persona);
    // Who may not browse is refused before the repository is looked into.
    const uuid = persona === 'M' || persona === 'S' ? (await offerLoaded(world, name)).uuid : crypto.randomUUID();
    const query = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { image { name } } }';
    return { query, variables: { input: { repository: 'remote', uuid, name, ...input } } };
  };
}

const verifying = (name: string): MakeRequest => text(`mutation { verifyImage(name: "${name}") { task { id } } }`);

/** Each cell gets an image of its own, as those who may will take it away. */
function deleting(facts: Omit<ImageFacts, 'name'>): MakeRequest {
  return async (persona, { world }) => {
    const name = uniqueName(persona);
    await createImage(world, { name, ...facts });
    return { query: DELETE, variables: { name } };
  };
}

const snapping = (server: string): MakeRequest => (persona) => ({
  query: `mutation { createImageFromSnapshot(input: { server: "${server}", snapshot: "daily", name: "${uniqueName(persona)}" }) { image { name } } }`,
});

const attaching = (verb: 'attach' | 'detach', image: string): MakeRequest => async (persona, { clients }): Promise<Request> => {
  if (persona === 'S' && verb === 'attach') {
    await clients.S.send(`mutation { detachImage(input: { image: "${image}", datacenter: "main" }) { bindingRemoved } }`);
  }
  return { query: `mutation { ${verb}Image(input: { image: "${image}", datacenter: "main" }) { bindingRemoved } }` };
};

const none: string[] = [];
/** Mutations of images. */
export const IMAGE_CHANGES: Case[] = [
  ...FIELDS.map(([field, value]): Case => ['updateImage', `${field} of a public image`, 'FFFyFNyFy', updating('public', () => ({ [field]: value() }))]),
  ...MANAGED.map(([name, cells]): Case => ['updateImage', name, cells, updating(name, () => ({ description: uniqueName('text') }))]),
  ...REBOUND.map(([name, cells, dcBound]): Case => ['updateImage', `dcBound of ${name}`, cells, updating(name, () => ({ dcBound }))]),
  ...MANAGED.map(([name, cells]): Case => ['verifyImage', name, cells, verifying(name)]),
  ['verifyImage', 'that is not there', 'NNNNNNNNN', verifying('nothing')],
  ['updateImage', 'that is not there', 'NNNNNNNNN', updating('nothing', () => ({ resize: true }))],
  ['deleteImage', 'a public image', 'FFFyFNyFy', deleting({ access: 'PUBLIC', owner: 'admin', bound: 'north', attached: none })],
  ['deleteImage', 'a private image of O', 'NFFyNNyNy', deleting({ access: 'PRIVATE', owner: 'O', bound: 'north', attached: none })],
  ['deleteImage', 'a private image of somebody else', 'NNFyNNyNy', deleting({ access: 'PRIVATE', owner: 'admin', bound: 'north', attached: none })],
  ['deleteImage', 'a Deleted image', 'NNNyNNyNy', deleting({ access: 'DELETED', owner: 'O', bound: 'north', attached: none })],
  ['deleteImage', 'an unbound image', 'FFFFFNFFy', deleting({ access: 'PUBLIC', owner: 'O', bound: null, attached: ['north'] })],
  ['deleteImage', 'a Deleted unbound image', 'NNNNNNNNy', deleting({ access: 'DELETED', owner: 'O', bound: null, attached: ['north'] })],
  ['deleteImage', 'an image bound to another datacenter', 'NNNNyyNNy', deleting({ access: 'PUBLIC', owner: 'admin', bound: 'south', attached: none })],
  ['deleteImage', 'an image attached nowhere', 'NNNNNNNNy', deleting({ access: 'PUBLIC', owner: 'O', bound: null, attached: none })],
  ['importImage', 'bound', 'FFFFFNyFy', importing({ datacenter: 'north' })],
  ['importImage', 'bound to a datacenter that is not there', 'NNNNNNNNN', importing({ datacenter: 'nowhere' })],
  ['importImage', 'unbound', SUPER_ONLY, importing({ dcBound: false })],
  ['importRepositoryImage', 'bound', 'FFFFFNyFy', importingOffered({ datacenter: 'north' })],
  ['importRepositoryImage', 'unbound', SUPER_ONLY, importingOffered({ dcBound: false })],
  [
    'importRepositoryImage',
    'that the repository lacks',
    'FFFFFNNFN',
    (persona) => ({
      query: `mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "remote", uuid: $uuid, name: "${uniqueName(persona)}", datacenter: "north" }) { image { name } } }`,
      variables: { uuid: crypto.randomUUID() },
    }),
  ],
  ['createImageFromSnapshot', 'of a server of U', 'FNFyNNyNy', snapping('u-server')],
  ['createImageFromSnapshot', 'of a server of somebody else', 'NNFyNNyNy', snapping('admin-server')],
  ['createImageFromSnapshot', 'of a server that is not there', 'NNNNNNNNN', snapping('nothing')],
  ['attachImage', 'an image nobody sees', SUPER_ONLY, attaching('attach', 'loose')],
  ['detachImage', 'of that', SUPER_ONLY, attaching('detach', 'loose')],
  ['attachImage', 'an image that all see', SUPER_ONLY, attaching('attach', 'unbound')],
  ['detachImage', 'of that again', SUPER_ONLY, attaching('detach', 'unbound')],
  ['attachImage', 'an image that is not there', 'FFFFFFFFN', text('mutation { attachImage(input: { image: "nothing", datacenter: "north" }) { bindingRemoved } }')],
  ['detachImage', 'from a datacenter that is not there', 'FFFFFFFFN', text('mutation { detachImage(input: { image: "public", datacenter: "nowhere" }) { bindingRemoved } }')],
];
