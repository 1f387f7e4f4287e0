import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaWorld, startPersonas } from '../access/personas.js';
import type { World } from '../support/world.js';
import { ask, codes, TRANSPORTS } from '../support/transports.js';

let world: World;
let clients: PersonaWorld['clients'];

beforeAll(async () => {
  ({ world, clients } = await startPersonas());
});
afterAll(async () => world?.close());

const CONDITION = '(select case when (select count(*) from api_key)>0 then 1 else abs(-9223372036854775808) end)+';
const THROUGH_PROTOTYPE = `query($__proto__: ImageFilter = {owner: "${CONDITION}"}, $owner: Int)
  { a: usableImages(datacenter: "north", filter: $__proto__, first: 1) { nodes { name } } b: usableImages(datacenter: "north", first: $owner) { nodes { name } } }`;

/** Enough times for any cache of operations to have it. */
const TIMES = 4;

describe('a value never becomes a part of a statement', () => {
  it.each(TRANSPORTS)('by a variable that would be a prototype, over %s', async (transport) => {
    const { url, key } = clients.U;
    for (let time = 0; time < TIMES; time += 1) {
      expect(await codes(transport, url, key, { query: THROUGH_PROTOTYPE })).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    }
  });

  it('by variables that inherit from an object in the body', async () => {
    const query = 'query($first: Int) { usableImages(datacenter: "north", first: $first) { nodes { name } } }';
    for (let time = 0; time < TIMES; time += 1) await clients.U.run(query, { first: 1 });
    const send = async (variables: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${clients.U.key}` };
      return (await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers, body: `{"query":${JSON.stringify(query)},"variables":${variables}}` })).status;
    };
    expect(await send(`{"__proto__":{"first":"${CONDITION}"}}`)).toBe(400);
    expect(await send('{"constructor":{"prototype":{"first":"1"}}}')).toBe(400);
  });

  it.each([`${CONDITION}1`, '1', 1.5, true, [1], { first: 1 }, 2 ** 31])('by a page size that is no Int: %j', async (first) => {
    const query = 'query($first: Int) { usableImages(datacenter: "north", first: $first) { nodes { name } } }';
    for (let time = 0; time < TIMES; time += 1) await clients.U.run(query, { first: 1 });
    // A list of one is what GraphQL takes no Int from; nothing else is coerced to one.
    expect(await clients.U.code(query, { first })).toBe('BAD_USER_INPUT');
  });
});

const RESERVED: [what: string, query: string][] = [
  ['a variable', 'query($__proto__: String) { image(name: $__proto__) { name } }'],
  ['an alias', '{ __proto__: viewer { user { username } } }'],
  ['an alias below the root', '{ viewer { __proto__: user { username } } }'],
  ['a fragment', '{ viewer { ...__proto__ } } fragment __proto__ on Viewer { user { username } }'],
  ['an operation', 'query __proto__ { viewer { user { username } } }'],
];

describe.each(TRANSPORTS)('a name that GraphQL reserves is refused over %s', (transport) => {
  it.each(RESERVED)('%s', async (_what, query) => {
    const { errors } = await ask(transport, world.gateway.url, clients.U.key, { query });
    expect(errors?.[0]).toMatchObject({ message: expect.stringContaining('begins with "__"'), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  });

  it('while __typename and introspection go on', async () => {
    const query = '{ __typename viewer { __typename } __schema { queryType { name } } }';
    expect(await codes(transport, world.gateway.url, clients.U.key, { query })).toEqual([]);
  });
});
