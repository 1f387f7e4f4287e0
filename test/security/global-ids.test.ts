import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaWorld, startPersonas } from '../access/personas.js';
import { rowIds, uuidIds } from '../../src/platform/graphql/global-id.js';
import { withCompiledOperations } from '../support/gateway.js';
import type { World } from '../support/world.js';

withCompiledOperations();

let world: World;
let clients: PersonaWorld['clients'];

beforeAll(async () => {
  ({ world, clients } = await startPersonas());
});
afterAll(async () => world?.close());

const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';
const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Image { name } ... on Datacenter { name } ... on User { username email } ... on Task { detail } } }';
const TYPES = ['User', 'Group', 'Datacenter', 'Image', 'ImageRepository', 'VirtualServer', 'Snapshot'];

/** Every number that the world can have given to a row, for each type. */
const guessed = (type: string): string[] => Array.from({ length: 40 }, (_, at) => rowIds(type).encode(at + 1));

describe('an id that somebody makes up', () => {
  it.each([
    ['a statement', "1'; drop table image; --"],
    ['an encoded statement', btoa('Image:1 or 1 = 1')],
    ['a pattern', '%'],
    ['a path', '../../etc/passwd'],
    ['a name that objects inherit', '__proto__'],
    ['the type of an input', btoa('ImportImageInput:001')],
    ['a type without a row', btoa('Query:001')],
    ['a number', '1'],
    ['a name', 'public'],
  ])('finds nothing and spoils nothing: %s', async (_what, id) => {
    const { image } = await clients.S.run('{ image(name: "public") { id } }');
    for (let time = 0; time < 3; time += 1) expect(await clients.S.run(NODES, { ids: [id, image.id, id] })).toMatchObject({ nodes: [null, { name: 'public' }, null] });
    expect(await clients.S.run(NODE, { id })).toEqual({ node: null });
    expect(await clients.S.run('query ($id: ID!) { task(id: $id) { id } }', { id })).toEqual({ task: null });
    expect(await clients.S.code('mutation ($id: ID!) { cancelTask(id: $id) { id } }', { id })).toBe('NOT_FOUND');
  });

  it('shows no more than the queries do, whichever numbers are tried', async () => {
    const seen = async (type: string): Promise<number> => (await clients.U.run(NODES, { ids: guessed(type) })).nodes.filter((one: unknown) => one !== null).length;
    const [images, servers] = [await clients.U.run('{ usableImages(datacenter: "north") { totalCount } }'), await clients.U.run('{ servers(datacenter: "north") { totalCount } }')];
    expect(Object.fromEntries(await Promise.all(TYPES.map(async (type) => [type, await seen(type)] as const)))).toEqual({
      User: 1,
      Group: 1,
      Datacenter: 2,
      Image: images.usableImages.totalCount,
      ImageRepository: 0,
      VirtualServer: servers.servers.totalCount,
      Snapshot: servers.servers.totalCount,
    });
  });

  it('is answered alike whether the object is hidden or is not there', async () => {
    const { image } = await clients.S.run('{ image(name: "southern") { id } }');
    const ask = async (query: string, id: string): Promise<string> => JSON.stringify(await clients.U.send(query, { id })).replaceAll(id, '');
    const reference = 'query ($id: String!) { _entities(representations: [{ __typename: "Image", id: $id }]) { __typename } }';
    for (const query of [NODE, reference]) expect(await ask(query, image.id)).toBe(await ask(query, rowIds('Image').encode(1_000_000)));
    const { tasks } = await clients.S.run('{ tasks(image: "southern") { nodes { id } } }');
    const missing = uuidIds('Task').encode('99999999-9999-4999-8999-999999999999');
    for (const query of [NODE, 'mutation ($id: ID!) { cancelTask(id: $id) { id } }']) expect(await ask(query, tasks.nodes[0].id)).toBe(await ask(query, missing));
  });

  it('is one of 100 at most, and each counts in the cost', async () => {
    expect(await clients.U.code(NODES, { ids: guessed('Image').concat(guessed('Task'), guessed('User')) })).toBe('BAD_USER_INPUT');
    const cost = async (count: number): Promise<number> => {
      const response = await fetch(`${world.gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${clients.U.key}` },
        body: JSON.stringify({ query: NODES, variables: { ids: Array.from({ length: count }, (_, at) => rowIds('Image').encode(at + 1)) } }),
      });
      return ((await response.json()) as { extensions: { cost: { requested: number } } }).extensions.cost.requested;
    };
    expect(await cost(100)).toBeGreaterThan(5 * (await cost(1)));
  });

  it('is nothing for who is not signed in', async () => {
    expect([await clients.A.code(NODE, { id: rowIds('Image').encode(1) }), await clients.A.code(NODES, { ids: [] })]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });
});
