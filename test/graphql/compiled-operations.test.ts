import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaWorld, startPersonas } from '../access/personas.js';
import { rowIds } from '../../src/platform/graphql/global-id.js';
import type { World } from '../support/world.js';
import { withCompiledOperations } from '../support/gateway.js';

withCompiledOperations();

let world: World;
let clients: PersonaWorld['clients'];

beforeAll(async () => {
  ({ world, clients } = await startPersonas());
});
afterAll(async () => world?.close());

const IMAGE = `fragment Shown on Image { __typename id uuid name alias version access size osType status resize deploy description tags homepage
  createdAt updatedAt dcBound owner { id username } boundDatacenter { id name isDefault createdAt } datacenters { id name access } }`;

/** Ids that the world may have given. */
const ID_GUESSES = ['User', 'Datacenter', 'Image', 'Group'].flatMap((type) => Array.from({ length: 12 }, (_, at) => rowIds(type).encode(at + 1)));

interface Case {
  query: string;
  variables: Record<string, unknown>[];
}

const CASES: Record<string, Case> = {
  'a page, with and without cursors, forward and backward': {
    query: `query ($first: Int, $last: Int, $after: String) { images(datacenter: "north", first: $first, last: $last, after: $after) {
      edges { cursor node { ...Shown } } nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } } ${IMAGE}`,
    variables: [{}, { first: 2 }, { last: 2 }, { first: 0 }, { first: null }, { first: 500 }, { first: 1, last: 1 }, { after: 'nonsense' }],
  },
  'aliases and the same field twice with different selections': {
    query: `{ a: image(name: "public") { name owner { username } } b: image(name: "private") { uuid } a: image(name: "public") { version owner { active } } none: image(name: "nowhere") { name } }`,
    variables: [{}],
  },
  'everything by its id': {
    query: `query ($ids: [ID!]!, $one: ID = "none") { nodes(ids: $ids) { id __typename ... on Image { ...Shown serverCount } ... on Datacenter { name owner { id } } ...Named ... on Node { again: id } } node(id: $one) { id } }
      fragment Named on User { username email groups { id name } } ${IMAGE}`,
    variables: [{ ids: ID_GUESSES }, { ids: [] }, { ids: ID_GUESSES.slice(3, 9), one: ID_GUESSES[4] }, { ids: ['none', ''] }, { ids: [7] }, { ids: null }, {}],
  },
  'ids of everything': {
    query: `{ images(datacenter: "north") { nodes { id owner { id } } } servers(datacenter: "north") { nodes { id snapshots { id server { id } } } } tasks(datacenter: "north") { nodes { id image { id } user { id } } }
      viewer { id user { id groups { id } } } imageRepositories { id images { nodes { id repository { id } } } } }`,
    variables: [{}],
  },
  'skip and include, on fields and on fragments': {
    query: `query ($yes: Boolean!, $no: Boolean = false) { image(name: "public") { name @skip(if: $yes) owner @include(if: $yes) { username }
      ... on Image @include(if: $no) { tags datacenters { name } } ...Shown @skip(if: $no) } } ${IMAGE}`,
    variables: [{ yes: true }, { yes: false }, { yes: true, no: true }, { yes: false, no: true }, {}, { yes: false }, { yes: false, no: null }],
  },
  'guarded fields, null with an error beside': {
    query: '{ image(name: "public") { name serverCount manifest manifestUrl file { size } tasks { totalCount } servers { nodes { hostname } } actions { action allowed code reason } } }',
    variables: [{}],
  },
  'verdicts of a page, of datacenters and of tasks': {
    query: `query ($d: String, $only: [ImageAction!], $some: [DatacenterAction!]) { usableImages(datacenter: "north") { nodes { name actions(datacenter: $d, only: $only) { action allowed code reason requires { permissions datacenter } } here: actions(only: [USE]) { allowed } } }
      viewer { datacenters { actions(only: $some) { action allowed code reason } } } tasks { nodes { cancel { allowed code reason } } } }`,
    variables: [{}, { d: 'north' }, { d: 'nowhere', only: ['DETACH', 'USE'] }, { only: [] }, { only: 'USE', some: ['IMPORT', 'DELETE'] }, { only: ['NOTHING'] }, { d: null, only: null, some: null }],
  },
  'an enum, a filter and an order by variables': {
    query: `query ($filter: ImageFilter, $orderBy: ImageOrder, $dc: String) { usableImages(datacenter: $dc, filter: $filter, orderBy: $orderBy) { nodes { name access osType } totalCount } }`,
    variables: [
      { dc: 'north' }, { dc: null }, { dc: 'nowhere' }, { dc: 'north', filter: { access: ['PUBLIC'] } }, { dc: 'north', filter: { access: 'PUBLIC' } },
      { dc: 'north', filter: { access: ['SECRET'] } }, { dc: 'north', orderBy: { field: 'SIZE', direction: 'DESC' } }, { dc: 'north', orderBy: { field: 'SIZE', direction: null } },
      { dc: 'north', filter: { not: { access: ['PUBLIC'], name: ['public'] } } }, { dc: 'north', filter: { not: { not: {} } } }, { dc: 'north', orderBy: { field: 'OWNER' } },
      { dc: 'north', filter: { createdAfter: '2020-01-01T00:00:00Z', search: 'pub' } }, { dc: 'north', filter: { createdAfter: 'yesterday' } }, { dc: 7 },
    ],
  },
  'what the caller is': {
    query: '{ viewer { user { username email isSuperAdmin active createdAt groups { name } } currentDatacenter { name owner { username email } } datacenters { name imageCount boundImageCount } permissions(datacenter: "north") } __typename }',
    variables: [{}],
  },
  'references of a federation gateway': {
    query: `query ($refs: [_Any!]!) { _entities(representations: $refs) { __typename ... on Image { name owner { username } } ... on Datacenter { name alias }
      ... on User { username email } ... on ImageRepository { name imageCount } } }`,
    variables: [
      { refs: [{ __typename: 'Image', name: 'public' }, { __typename: 'Datacenter', name: 'north' }, { __typename: 'Image', name: 'nowhere' }, { __typename: 'Image', name: 'public' }] },
      { refs: [{ __typename: 'Image' }, { __typename: 'User', username: 'U' }, { __typename: 'User', username: 'S' }, { __typename: 'ImageRepository', name: 'remote' }] },
      { refs: [{ __typename: 'Nothing' }, {}, 7] }, { refs: [] },
    ],
  },
  'a repository browsed': {
    query: `query ($importable: Boolean) { imageRepository(name: "remote") { name isLocal lastUpdate images(filter: { importable: $importable }) {
      nodes { repository { name } uuid name osType type size downloadSize publishedAt origin manifestUrl manifest image { name } importable notImportableReason } totalCount } } }`,
    variables: [{}, { importable: true }, { importable: false }],
  },
  'a field that is closed beside one that is open': { query: '{ viewer { user { username } } users { nodes { username } } }', variables: [{}] },
  'servers and tasks': {
    query: '{ servers(datacenter: "north") { nodes { hostname disks { image { name owner { username } } } owner { username } datacenter { name } tags } } tasks(datacenter: "north") { nodes { action status image { name } user { username } datacenter { name } detail } } }',
    variables: [{}],
  },
};

let fresh = 0;

/** A document that nobody has seen yet is answered by graphql-js. */
function unseen(query: string): string {
  fresh += 1;
  return `${query} # ${fresh}`;
}

/** What names the request and not the answer. */
function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/"requestId":"[^"]*"|under request [\w-]+/g, '"requestId":""')) as unknown;
}

describe('a query that comes again and again', () => {
  it.each(Object.entries(CASES))('is answered as at first: %s', async (_name, { query, variables }) => {
    for (const persona of ['S', 'M', 'D', 'U'] as const) {
      const client = clients[persona];
      for (let time = 0; time < 3; time += 1) await client.send(query, variables[0]);
      for (const values of variables) {
        const [often, once] = [await client.send(query, values), await client.send(unseen(query), values)];
        expect(comparable(often), `${persona} ${JSON.stringify(values)}`).toEqual(comparable(once));
        expect(JSON.stringify(often.data)).toBe(JSON.stringify(once.data));
      }
    }
  });

  it.each([undefined, '*/*', 'application/json', 'application/graphql-response+json', 'application/graphql-response+json, application/json;q=0.9'])(
    'has the same headers to Accept: %s',
    async (accept) => {
      const headersOf = async (query: string): Promise<Record<string, string>> => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${clients.D.key}`, ...(accept !== undefined && { accept }) };
        const response = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
        await response.text();
        const { date, ratelimit: _left, 'x-request-id': requestId, ...others } = Object.fromEntries(response.headers);
        expect([typeof date, typeof requestId]).toEqual(['string', 'string']);
        return { ...others, status: String(response.status) };
      };
      const query = '{ viewer { user { username } } }';
      for (let time = 0; time < 4; time += 1) await headersOf(query);
      expect(await headersOf(query)).toEqual(await headersOf(unseen(query)));
    },
  );

  it('is no way around the rate, the token or the limits', async () => {
    const query = 'query ($first: Int) { usableImages(datacenter: "main", first: $first) { totalCount } }';
    for (let time = 0; time < 4; time += 1) await clients.U.send(query, { first: 1 });
    expect(await clients.U.code(query, { first: 'many' })).toBe('BAD_USER_INPUT');
    expect(await clients.A.code(query, { first: 1 })).toBe('UNAUTHENTICATED');
    expect(await clients.U.code(query, { first: 1 })).toBe('data');
  });
});

const MOVE = `mutation ($image: String!, $to: String = "south") { attachImage(input: { image: $image, datacenter: $to }) { image { name datacenters { name } } bindingRemoved warnings }
  again: attachImage(input: { image: $image, datacenter: $to }) { bindingRemoved }
  detachImage(input: { image: $image, datacenter: $to }) { image { datacenters { name } } datacenter { name } } }`;
const BACK_AND_FORTH = MOVE.replace(/again: .*/, '');

describe('a mutation that comes again and again', () => {
  const tasksOf = async (name: string): Promise<number> => (await clients.S.run(`{ image(name: "${name}") { tasks { totalCount } } }`)).image.tasks.totalCount;

  it('is answered as at first, with the errors of a part of it in their places', async () => {
    const client = clients.S;
    for (let time = 0; time < 3; time += 1) await client.send(BACK_AND_FORTH, { image: 'unbound' });
    const cases: Record<string, unknown>[] = [{ image: 'unbound' }, { image: 'unbound', to: 'south' }, { image: 'nowhere' }, { image: 'unbound', to: 'north' }, { image: 7 }, {}];
    expect(await client.code(BACK_AND_FORTH, { image: 'unbound', to: null })).toBe('BAD_USER_INPUT');
    for (const values of cases) {
      const [often, once] = [await client.send(BACK_AND_FORTH, values), await client.send(unseen(BACK_AND_FORTH), values)];
      expect(comparable(often), `${JSON.stringify(values)}`).toEqual(comparable(once));
      if (values.to === 'north') await client.send('mutation { attachImage(input: { image: "unbound", datacenter: "north" }) { bindingRemoved } }');
    }
    const partly = await client.send(MOVE, { image: 'unbound' });
    expect(partly).toMatchObject({ data: null, errors: [{ path: ['again'], extensions: { code: 'ALREADY_EXISTS' } }] });
    await client.run('mutation { detachImage(input: { image: "unbound", datacenter: "south" }) { bindingRemoved } }');
  });

  it('runs once each time, also where a part of it fails', async () => {
    const client = clients.S;
    const twice = `mutation ($image: String!, $to: String!) { attachImage(input: { image: $image, datacenter: $to }) { bindingRemoved } }`;
    const undo = `mutation { detachImage(input: { image: "loose", datacenter: "south" }) { bindingRemoved } }`;
    for (let time = 0; time < 3; time += 1) {
      await client.run(twice, { image: 'loose', to: 'south' });
      await client.run(undo);
    }
    const before = await tasksOf('loose');
    await client.run(twice, { image: 'loose', to: 'south' });
    expect(await client.code(twice, { image: 'loose', to: 'south' })).toBe('ALREADY_EXISTS');
    expect(await client.code(twice, { image: 'loose', to: 'nowhere' })).toBe('NOT_FOUND');
    expect(await tasksOf('loose')).toBe(before + 1);
    await client.run(undo);
  });

  it('is refused to who may not, with nothing done', async () => {
    for (let time = 0; time < 3; time += 1) await clients.S.send(BACK_AND_FORTH, { image: 'unbound' });
    const before = await tasksOf('unbound');
    for (const persona of ['A', 'U', 'D', 'M'] as const) {
      const expected = persona === 'A' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(await clients[persona].code(BACK_AND_FORTH, { image: 'unbound' })).toBe(expected);
      expect(comparable(await clients[persona].send(BACK_AND_FORTH, { image: 'unbound' }))).toEqual(comparable(await clients[persona].send(unseen(BACK_AND_FORTH), { image: 'unbound' })));
    }
    expect(await tasksOf('unbound')).toBe(before);
  });
});
