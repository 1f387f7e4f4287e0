import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  commitMutation,
  type ConcreteRequest,
  ConnectionHandler,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getRequest,
  type GraphQLTaggedNode,
  Network,
  RecordSource,
  ROOT_ID,
  Store,
  type Variables,
} from 'relay-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileForRelay, relayModule } from '../support/relay-compiler.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { type ImageWorld, type ShownImage, startImageWorld } from './image-world.js';

const DOCUMENTS = [
  `query consoleListQuery { images(first: 20) @connection(key: "console_images") { edges { node { name alias owner { username } } } } }`,
  `query consoleDetailQuery($name: String!) { image(name: $name) { name alias description owner { username } ...consoleImage } }`,
  `fragment consoleImage on Image @refetchable(queryName: "consoleImageRefetchQuery") { name alias }`,
  `query consoleKeysQuery { viewer { user { username apiKeys { name } } } }`,
  `mutation consoleRenameMutation($input: UpdateImageInput!) { updateImage(input: $input) { image { alias } } }`,
  `mutation consoleDeleteMutation($input: DeleteImageInput!, $connections: [ID!]!) { deleteImage(input: $input) { deletedImageId @deleteEdge(connections: $connections) } }`,
  `mutation consoleRevokeMutation($id: ID!) { revokeApiKey(id: $id) @deleteRecord }`,
];

const TYPENAME_KEY = '__typename';

interface List {
  images: { edges: { node: ShownImage }[] };
}
interface Detail {
  image: (ShownImage & { __id: string }) | null;
}
interface Keys {
  viewer: { user: { apiKeys: ({ name: string } | null)[] } };
}

let made: ImageWorld;
let folder: TemporaryFolder;
let artifacts: string;
let environment: Environment;

beforeAll(async () => {
  folder = await temporaryFolder();
  [made, artifacts] = await Promise.all([startImageWorld(), compileForRelay(folder.path, { console: relayModule(DOCUMENTS) })]);
});
afterAll(async () => {
  await made?.world.close();
  await folder?.remove();
});
beforeEach(() => {
  const network = Network.create(async ({ text }, variables) => {
    const headers = { 'content-type': 'application/json' };
    return (await made.fetch(`${made.world.gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) })).json() as never;
  });
  environment = new Environment({ network, store: new Store(new RecordSource()) });
});

function artifact(name: string): GraphQLTaggedNode {
  return createRequire(import.meta.url)(join(artifacts, `${name}.graphql.js`)) as ConcreteRequest;
}

async function load(query: string, variables: Variables = {}): Promise<void> {
  environment.retain(createOperationDescriptor(getRequest(artifact(query)), variables));
  await fetchQuery(environment, artifact(query), variables).toPromise();
}

/** What a component that shows this query has now, from the store alone. */
function shown<T>(query: string, variables: Variables = {}): T {
  return environment.lookup(createOperationDescriptor(getRequest(artifact(query)), variables).fragment).data as T;
}

async function mutate(mutation: string, variables: Variables): Promise<void> {
  await new Promise((resolve, reject) => void commitMutation(environment, { mutation: artifact(mutation), variables, onCompleted: resolve, onError: reject }));
}

const shownList = (): string[] => shown<List>('consoleListQuery').images.edges.map(({ node }) => node.alias);
const shownDetail = (name: string): string | undefined => shown<Detail>('consoleDetailQuery', { name }).image?.alias;

describe("Relay's store", () => {
  it('keeps one record for each object, and shows a rename in the list and in the detail', async () => {
    await load('consoleListQuery');
    await load('consoleDetailQuery', { name: 'first' });
    const source = environment.getStore().getSource();
    const types = source.getRecordIDs().map((id) => source.get(id)?.[TYPENAME_KEY]);
    expect(types.filter((type) => type === 'Image')).toHaveLength(2);
    expect(types.filter((type) => type === 'User')).toHaveLength(1);
    await mutate('consoleRenameMutation', { input: { name: 'first', alias: 'renamed' } });
    expect([shownList(), shownDetail('first')]).toEqual([['renamed', 'second'], 'renamed']);
  });

  it('shows nothing of a dry run, whose image is a record of its own', async () => {
    await load('consoleListQuery');
    const [before] = shownList();
    await mutate('consoleRenameMutation', { input: { name: 'first', alias: 'tried', dryRun: true } });
    expect(shownList()[0]).toBe(before);
  });

  it('refetches a fragment by the id of its object', async () => {
    await load('consoleListQuery');
    await load('consoleDetailQuery', { name: 'first' });
    const { __id: id } = shown<Detail>('consoleDetailQuery', { name: 'first' }).image ?? {};
    await made.world.admin.run('mutation { updateImage(input: { name: "first", alias: "elsewhere" }) { image { id } } }');
    await load('consoleImageRefetchQuery', { id });
    expect([shownList()[0], shownDetail('first')]).toEqual(['elsewhere', 'elsewhere']);
  });

  it('takes a deleted image out of a connection by @deleteEdge', async () => {
    await made.world.image('third');
    await load('consoleListQuery');
    expect(shownList()).toHaveLength(3);
    const connections = [ConnectionHandler.getConnectionID(ROOT_ID, 'console_images')];
    await mutate('consoleDeleteMutation', { input: { name: 'third', dryRun: true }, connections });
    expect(shownList()).toHaveLength(3);
    await mutate('consoleDeleteMutation', { input: { name: 'third' }, connections });
    expect(shownList()).toEqual(['elsewhere', 'second']);
  });

  it('loses a revoked key by @deleteRecord', async () => {
    const { createApiKey } = await made.world.admin.run('mutation { createApiKey(input: { username: "admin", name: "lost" }) { id } }');
    await load('consoleKeysQuery');
    const names = (): (string | undefined)[] => shown<Keys>('consoleKeysQuery').viewer.user.apiKeys.map((key) => key?.name);
    expect(names()).toContain('lost');
    await mutate('consoleRevokeMutation', { id: createApiKey.id });
    expect(names()).not.toContain('lost');
  });
});
