import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaWorld, startPersonas } from '../access/personas.js';
import type { GraphqlError } from '../support/gateway.js';
import type { World } from '../support/world.js';
import { CENTS_PER_MIB, RATE, startBilling } from './billing.js';
import { supergraphOf } from './compose.js';
import { startCompute } from './compute.js';
import { FOLLOWING, type LiveRouter, PLANNERS, type Router, startApolloGateway, startHiveGateway } from './gateways.js';
import type { Subgraph } from './subgraph.js';

const SERVER_OF_U = 'aaaaaaaa-0000-4000-8000-000000000001';
const SERVER_OF_ADMIN = 'aaaaaaaa-0000-4000-8000-000000000002';
const SIZE = 10_240;

let world: World;
let clients: PersonaWorld['clients'];
let compute: Subgraph;
let billing: Subgraph;
const routers: Record<string, Router> = {};
const live: Record<string, LiveRouter> = {};

beforeAll(async () => {
  ({ world, clients } = await startPersonas());
  compute = await startCompute({ [SERVER_OF_U]: 4, [SERVER_OF_ADMIN]: 8 });
  const invoices = [
    { image: 'public', username: 'U' },
    { image: 'never-was', username: 'nobody' },
    { image: 'foreign', username: 'admin' },
  ];
  billing = await startBilling({ admin: 100, U: 7 }, invoices);
  const { _service } = await clients.S.run('{ _service { sdl } }');
  const supergraph = supergraphOf([{ name: 'images', url: `${world.gateway.url}/graphql`, sdl: _service.sdl }, compute, billing]);
  routers['Apollo Gateway'] = await startApolloGateway(supergraph);
  for (const [name, planner] of Object.entries(PLANNERS)) {
    const title = `Hive Gateway, ${name} planner`;
    for (const [way, entries] of Object.entries(FOLLOWING)) {
      routers[title] = live[`${title}, over ${way}`] = startHiveGateway(supergraph, planner, entries);
    }
  }
}, 120_000);

afterAll(async () => {
  for (const one of [routers['Apollo Gateway'], ...Object.values(live), compute, billing]) await one?.[Symbol.asyncDispose]();
  await world?.close();
});

type Who = 'S' | 'U' | 'D';

interface Refusal {
  who: Who;
  query: string;
  code: string;
  /** What its extensions have, at the least. */
  extensions: string[];
}

const REFUSALS: Refusal[] = [
  { who: 'U', query: '{ image(name: "public") { name serverCount } }', code: 'FORBIDDEN', extensions: ['requires'] },
  { who: 'U', query: 'mutation { createUser(input: { username: "new" }) { username } }', code: 'FORBIDDEN', extensions: [] },
  { who: 'S', query: 'mutation { createUser(input: { username: "no name" }) { username } }', code: 'BAD_USER_INPUT', extensions: ['fields'] },
  { who: 'S', query: 'mutation { deleteDatacenter(name: "none") }', code: 'NOT_FOUND', extensions: [] },
  { who: 'S', query: 'mutation { createUser(input: { username: "admin" }) { username } }', code: 'ALREADY_EXISTS', extensions: [] },
];

/** What each answers when a reference is null that must not be. */
const STRICT: Record<string, object> = {
  'Apollo Gateway': { data: null, codes: [] },
  'Hive Gateway, own planner': { data: null, codes: ['INTERNAL_SERVER_ERROR'] },
  'Hive Gateway, Rust planner': { data: { strictInvoices: [{ image: { alias: 'public' } }, { image: null }, { image: null }] }, codes: [] },
};

/** What a client reads of an error; routers add the name of the subgraph to its extensions. */
function shown({ message, path, extensions }: GraphqlError): object {
  return { message, path, extensions: Object.fromEntries(Object.entries(extensions).filter(([name]) => name !== 'serviceName')) };
}

const keyOf = (who: Who): string => clients[who].key ?? '';

describe.each(['Apollo Gateway', ...Object.keys(PLANNERS).map((name) => `Hive Gateway, ${name} planner`)])('under %s', (name) => {
  const send = async (who: Who, query: string) => routers[name]!.send(keyOf(who), query);

  it('what is ours leads to what others add: by name, by a field they require, and by username', async () => {
    const { data, errors } = await send('S', '{ images(datacenter: "north") { nodes { alias price owner { balance } } } }');
    expect(errors).toEqual([]);
    expect(data?.images.nodes).toHaveLength(4);
    expect(data?.images.nodes).toContainEqual({ alias: 'public', price: SIZE * CENTS_PER_MIB, owner: { balance: 100 } });
  });

  it('others add to what has only an id, and to the viewer', async () => {
    const { data, errors } = await send('U', '{ viewer { id invoiceCount user { username } currentDatacenter { name rate } } }');
    expect(errors).toEqual([]);
    const { viewer } = await clients.U.run('{ viewer { id } }');
    expect(data?.viewer).toEqual({ id: viewer.id, invoiceCount: 3, user: { username: 'U' }, currentDatacenter: { name: 'main', rate: RATE } });
  });

  it('node and nodes are answered with what others add', async () => {
    const { image, datacenter } = await clients.S.run('{ image(name: "public") { id } datacenter(name: "north") { id } }');
    const { data, errors } = await send('S', `{ node(id: "${image.id}") { id ... on Image { name price } } nodes(ids: ["${datacenter.id}", "none", "${image.id}"]) { __typename ... on Datacenter { rate } } }`);
    expect(errors).toEqual([]);
    expect(data).toEqual({ node: { id: image.id, name: 'public', price: SIZE * CENTS_PER_MIB }, nodes: [{ __typename: 'Datacenter', rate: RATE }, null, { __typename: 'Image' }] });
  });

  it('asks for a page of references at once, not one by one', async () => {
    billing.requests.length = 0;
    await send('S', '{ images(showAll: true) { nodes { alias price } } }');
    const asked = billing.requests.filter(({ query }) => query.includes('_entities'));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.representations.length).toBeGreaterThanOrEqual(6);
  });

  it('what is others\' leads to what is ours, over as many subgraphs as it takes', async () => {
    const { data, errors } = await send('S', '{ running { cpus hostname disks { image { uuid price } } } }');
    expect(errors).toEqual([]);
    const { image } = await clients.S.run('{ image(name: "public") { uuid } }');
    const disks = [{ image: { uuid: image.uuid, price: SIZE * CENTS_PER_MIB } }];
    expect(data?.running).toEqual([
      { cpus: 4, hostname: 'u-server', disks },
      { cpus: 8, hostname: 'admin-server', disks },
    ]);
  });

  it('a reference to nothing is null, and those beside it are answered', async () => {
    const { data } = await send('S', '{ invoices { nodes { number image { alias } user { email isSuperAdmin } } } }');
    expect(data?.invoices.nodes).toEqual([
      { number: 1, image: { alias: 'public' }, user: { email: null, isSuperAdmin: false } },
      // A router knows no more than the key, and every other field of a user is nullable.
      { number: 2, image: null, user: { email: null, isSuperAdmin: null } },
      { number: 3, image: { alias: 'foreign' }, user: { email: null, isSuperAdmin: true } },
    ]);
  });

  it('a caller gets no more of a reference than of a query', async () => {
    const { data } = await send('U', '{ invoices { nodes { image { alias access } } } running { hostname ownTags } }');
    expect(data).toEqual({
      invoices: { nodes: [{ image: { alias: 'public', access: 'PUBLIC' } }, { image: null }, { image: null }] },
      running: [{ hostname: 'u-server', ownTags: [] }, null],
    });
  });

  it('a reference to nothing that is not nullable takes the whole list away, or breaks the schema', async () => {
    const { data, errors } = await send('U', '{ strictInvoices { image { alias } } }');
    expect({ data, codes: errors.map(({ extensions }) => extensions.code) }).toEqual(STRICT[name]);
  });

  it.each(REFUSALS)('an error of ours arrives as it is: $code for $who', async ({ who, query, code, extensions }) => {
    const own = (await clients[who].send(query)).errors;
    expect(own.map((error) => [error.extensions.code, Object.keys(error.extensions)])).toEqual([[code, expect.arrayContaining(extensions)]]);
    expect((await send(who, query)).errors.map(shown)).toEqual(own.map(shown));
  });

  it('a type that several subgraphs share is answered by each', async () => {
    const { data, errors } = await send('S', '{ invoices { pageInfo { hasNextPage } } datacenters(first: 1) { pageInfo { hasNextPage } } }');
    expect([errors, data]).toEqual([[], { invoices: { pageInfo: { hasNextPage: false } }, datacenters: { pageInfo: { hasNextPage: true } } }]);
  });

  it('an error of ours leaves what others add', async () => {
    const { data, errors } = await send('U', '{ image(name: "public") { price serverCount } }');
    expect(data).toEqual({ image: { price: SIZE * CENTS_PER_MIB, serverCount: null } });
    expect(errors).toMatchObject([{ message: expect.stringMatching(/You need ADMIN/), extensions: { code: 'FORBIDDEN' } }]);
  });

  it('nobody gets anything of ours without signing in', async () => {
    const { data, errors } = await routers[name]!.send('nonsense', '{ invoices { nodes { number image { alias } } } }');
    expect(JSON.stringify(data)).not.toContain('public');
    expect(errors.map(({ extensions }) => extensions.code)).toContain('UNAUTHENTICATED');
  });
});

const LIVE = Object.keys(PLANNERS).flatMap((name) => Object.keys(FOLLOWING).map((way) => ({ name, way, title: `Hive Gateway, ${name} planner, over ${way}` })));

describe.each(LIVE)('events under $title', ({ title, way }) => {
  const opened = async (): Promise<number> => {
    const text = await (await fetch(`${world.gateway.url}/metrics`)).text();
    return Number(new RegExp(`^gateway_open_connections\\{transport="${way === 'a WebSocket' ? 'websocket' : 'sse'}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  };

  it('lead to what others add, and only for those who see the image', async () => {
    const query = 'subscription { imageChanged { kind image { alias price owner { balance } } } }';
    const events = live[title]!.follow(keyOf('U'), query);
    const first = events.next();
    // Nothing tells when the subscription has reached us, so the image changes until an event arrives.
    const heard = new AbortController();
    void first.finally(() => heard.abort());
    for (let n = 1; !heard.signal.aborted; n += 1) {
      for (const image of ['foreign', 'public']) {
        await clients.S.run(`mutation { updateImage(input: { name: "${image}", alias: "${image} ${title.length} ${n}" }) { image { name } } }`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { value } = await first;
    expect(await opened()).toBeGreaterThan(0);
    await events.return(undefined);
    expect(value).toMatchObject({
      errors: [],
      data: { imageChanged: { kind: 'UPDATED', image: { alias: expect.stringMatching(/^public \d/), price: SIZE * CENTS_PER_MIB, owner: { balance: 100 } } } },
    });
    await clients.S.run('mutation { a: updateImage(input: { name: "public", alias: "public" }) { image { name } } b: updateImage(input: { name: "foreign", alias: "foreign" }) { image { name } } }');
  });

  it('do not come to who is not signed in', async () => {
    const { value } = await live[title]!.follow('nonsense', 'subscription { imageChanged { kind image { alias price } } }').next();
    expect(value?.data ?? null).toBeNull();
    // Of a socket that is closed with 4401, Hive Gateway tells no more than that there is an error.
    const told = way === 'a WebSocket' ? {} : { extensions: { code: 'UNAUTHENTICATED' } };
    expect(value?.errors).toMatchObject([told]);
  });

  it('end with the stream of who asked, and leave nothing open here', async () => {
    await expect.poll(opened, { timeout: 20_000 }).toBe(0);
  });
});
