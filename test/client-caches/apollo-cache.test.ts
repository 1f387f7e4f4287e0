import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VALUE_TYPES } from '../../sdk/src/generated.js';
import { type ImageWorld, type ShownImage, startImageWorld } from './image-world.js';

const LIST = gql('query List { images { nodes { id name alias owner { id username } } } }');
const DETAIL = gql('query Detail($name: String!) { image(name: $name) { id name alias description owner { id username } } }');
const NODE = gql('query Again($id: ID!) { node(id: $id) { id ... on Image { name alias } } }');
const RENAME = gql('mutation Rename($input: UpdateImageInput!) { updateImage(input: $input) { image { id alias } } }');
const DELETE = gql('mutation Delete($input: DeleteImageInput!) { deleteImage(input: $input) { deletedImageId } }');

interface List {
  images: { nodes: ShownImage[] };
}
interface Detail {
  image: ShownImage | null;
}

let made: ImageWorld;
let client: ApolloClient;

beforeAll(async () => {
  made = await startImageWorld();
});
afterAll(async () => made?.world.close());
beforeEach(() => {
  // No keyFields and no type policies: as it is installed.
  client = new ApolloClient({ link: new HttpLink({ uri: `${made.world.gateway.url}/graphql`, fetch: made.fetch }), cache: new InMemoryCache() });
});

const shownList = (): (string | undefined)[] => client.readQuery<List>({ query: LIST })?.images.nodes.map(({ alias }) => alias) ?? [];
const shownDetail = (name: string): string | undefined => client.readQuery<Detail>({ query: DETAIL, variables: { name } })?.image?.alias;

async function readAll(): Promise<void> {
  await client.query({ query: LIST });
  for (const name of made.names) await client.query({ query: DETAIL, variables: { name } });
}

describe("Apollo Client's cache", () => {
  it('keeps one record for each object, with no key written by hand', async () => {
    await readAll();
    const records = Object.keys(client.cache.extract() as object);
    expect(records.filter((key) => key.startsWith('Image:'))).toHaveLength(2);
    expect(records.filter((key) => key.startsWith('User:'))).toHaveLength(1);
  });

  it('shows a rename in the list and in the detail, without another request', async () => {
    await readAll();
    await client.mutate({ mutation: RENAME, variables: { input: { name: 'first', alias: 'renamed' } } });
    const sent = made.requests();
    expect([shownList(), shownDetail('first'), shownDetail('second')]).toEqual([['renamed', 'second'], 'renamed', 'second']);
    expect(made.requests()).toBe(sent);
  });

  it('shows nothing of a dry run, whose image is a record of its own', async () => {
    await readAll();
    const [before] = shownList();
    const { data } = await client.mutate<{ updateImage: { image: ShownImage } }>({ mutation: RENAME, variables: { input: { name: 'first', alias: 'tried', dryRun: true } } });
    expect(data?.updateImage.image.alias).toBe('tried');
    expect([shownList()[0], shownDetail('first')]).toEqual([before, before]);
  });

  it('keeps what two queries ask of a value, once the SDK has told it which types are values', async () => {
    client.cache = new InMemoryCache({ typePolicies: Object.fromEntries(VALUE_TYPES.map((name) => [name, { merge: true }])) });
    const [card, sources] = [gql('{ globalSettings { vmsImageVmNic } }'), gql('{ globalSettings { vmsImageSources } }')];
    await client.query({ query: card });
    await client.query({ query: sources });
    expect([client.readQuery({ query: card }), client.readQuery({ query: sources })]).toMatchObject([{ globalSettings: { vmsImageVmNic: 1 } }, { globalSettings: { vmsImageSources: [] } }]);
  });

  it('reads an object again by its id into the same record', async () => {
    await readAll();
    const id = client.readQuery<Detail>({ query: DETAIL, variables: { name: 'first' } })?.image?.id;
    await made.world.admin.run('mutation { updateImage(input: { name: "first", alias: "elsewhere" }) { image { id } } }');
    await client.query({ query: NODE, variables: { id }, fetchPolicy: 'network-only' });
    expect([shownList()[0], shownDetail('first')]).toEqual(['elsewhere', 'elsewhere']);
  });

  it('loses a deleted image by the id that the payload tells', async () => {
    await made.world.image('third');
    await client.query({ query: LIST });
    expect(shownList()).toHaveLength(3);
    await client.mutate<{ deleteImage: { deletedImageId: string } }>({
      mutation: DELETE,
      variables: { input: { name: 'third' } },
      update: (cache, { data }) => void cache.evict({ id: cache.identify({ __typename: 'Image', id: data?.deleteImage.deletedImageId }) }),
    });
    expect(shownList()).toHaveLength(2);
  });
});
