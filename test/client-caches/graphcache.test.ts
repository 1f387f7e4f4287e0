import { getIntrospectionQuery } from 'graphql';
import { type AnyVariables, Client, fetchExchange, type OperationResult } from '@urql/core';
import { type Cache, cacheExchange } from '@urql/exchange-graphcache';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { VALUE_TYPES } from '../../sdk/src/generated.js';
import { type ImageWorld, type ShownImage, startImageWorld } from './image-world.js';

const LIST = 'query List { images { nodes { id name alias owner { id username } } pageInfo { hasNextPage } } }';
const DETAIL = 'query Detail($name: String!) { image(name: $name) { id name alias description owner { id username } } }';
const NODE = 'query Again($id: ID!) { node(id: $id) { id ... on Image { name alias } } }';
const RENAME = 'mutation Rename($input: UpdateImageInput!) { updateImage(input: $input) { image { id alias } } }';
const DELETE = 'mutation Delete($input: DeleteImageInput!) { deleteImage(input: $input) { deletedImageId } }';

const CONSOLE = `{
  viewer { id datacenters { id settings { vmsImageLimit } actions { action allowed requires { permissions } } } }
  images { nodes { id file { size } actions { action allowed reason requires { permissions datacenter } } tasks { nodes { id cancel { allowed reason } } } } }
  globalSettings { vmsImageVmNic vmsImageRepositories { name url } }
  servers { nodes { id disks { diskId image { id } } } }
}`;

interface List {
  images: { nodes: ShownImage[] };
}
interface Detail {
  image: ShownImage | null;
}
interface Deleted {
  deleteImage: { deletedImageId: string };
}

let made: ImageWorld;
let client: Client;
const warned = vi.spyOn(console, 'warn');
const failed = vi.spyOn(console, 'error');

beforeAll(async () => {
  made = await startImageWorld();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await made?.world.close();
});
beforeEach(() => {
  // No keys; what an update does to a list is the client's own.
  const updates = { Mutation: { deleteImage: ({ deleteImage }: Deleted, _args: unknown, cache: Cache) => cache.invalidate({ __typename: 'Image', id: deleteImage.deletedImageId }) } };
  const exchanges = [cacheExchange({ updates: updates as never }), fetchExchange];
  client = new Client({ url: `${made.world.gateway.url}/graphql`, exchanges, fetch: made.fetch, preferGetMethod: false });
});
async function read<T>(query: string, variables: AnyVariables = {}): Promise<T> {
  const { data, error }: OperationResult<T> = await client.query<T>(query, variables).toPromise();
  if (data === undefined) throw error ?? new Error('Nothing was answered.');
  return data;
}

const shownList = async (): Promise<string[]> => (await read<List>(LIST)).images.nodes.map(({ alias }) => alias);
const shownDetail = async (name: string): Promise<string | undefined> => (await read<Detail>(DETAIL, { name })).image?.alias;

describe("urql's Graphcache", () => {
  it('shows a rename in the list and in the detail, without a key written by hand or another request', async () => {
    await shownList();
    await shownDetail('first');
    await client.mutation(RENAME, { input: { name: 'first', alias: 'renamed' } }).toPromise();
    const sent = made.requests();
    expect([await shownList(), await shownDetail('first')]).toEqual([['renamed', 'second'], 'renamed']);
    expect(made.requests()).toBe(sent);
  });

  it('shows nothing of a dry run, whose image is a record of its own', async () => {
    const [before] = await shownList();
    await client.mutation(RENAME, { input: { name: 'first', alias: 'tried', dryRun: true } }).toPromise();
    const sent = made.requests();
    expect((await shownList())[0]).toBe(before);
    expect(made.requests()).toBe(sent);
  });

  it('reads an object again by its id into the same record', async () => {
    const [first] = (await read<List>(LIST)).images.nodes;
    await made.world.admin.run('mutation { updateImage(input: { name: "first", alias: "elsewhere" }) { image { id } } }');
    await read(NODE, { id: first?.id });
    expect((await shownList())[0]).toBe('elsewhere');
  });

  it('loses a deleted image by the id that the payload tells', async () => {
    await made.world.image('third');
    expect(await shownList()).toHaveLength(3);
    await shownDetail('third');
    await client.mutation<Deleted>(DELETE, { input: { name: 'third' } }).toPromise();
    expect([await shownList(), await shownDetail('third')]).toEqual([['elsewhere', 'second'], undefined]);
  });

  it('takes verdicts and settings as values of the object around them, once the SDK has told it which types are values', async () => {
    const schema = await made.world.admin.run(getIntrospectionQuery());
    const keys = Object.fromEntries(VALUE_TYPES.map((name) => [name, () => null]));
    const exchanges = [cacheExchange({ schema: schema as never, keys }), fetchExchange];
    client = new Client({ url: `${made.world.gateway.url}/graphql`, exchanges, fetch: made.fetch, preferGetMethod: false });
    expect(await read(CONSOLE)).toMatchObject({ images: { nodes: [{ actions: { length: 6 } }, {}] }, globalSettings: { vmsImageVmNic: 1 } });
  });

  it('has not complained of a missing key in any of this', () => {
    expect([...warned.mock.calls, ...failed.mock.calls].map(([message]) => String(message))).toEqual([]);
  });
});
