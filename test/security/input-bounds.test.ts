import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { servedSchema } from '../fuzz/cases.js';
import { sendCase } from '../fuzz/send.js';
import { type GatewayProcess, type GraphqlError, startFresh, TestClient } from '../support/gateway.js';
import { fc } from '../support/random.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { ask, type Operation, type Transport, TRANSPORTS } from '../support/transports.js';
import { canBeOversized, oversizedOperation, rootFields } from './oversized.js';

const MOST_BYTES = 64 * 1024;
/** Of a WebSocket, less what stands around a value. */
const LONGEST = 200_000;
const MOST_MESSAGE_BYTES = 256 * 1024;
/** At most so much stands around an operation in a message. */
const ENVELOPE_BYTES = 200;
const TAGS = 'query ($tags: [String!]) { usableImages(filter: { tags: $tags }) { totalCount } }';
const FILTER = 'query ($filter: ImageFilter) { usableImages(filter: $filter) { totalCount } }';
const ENTITIES = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';

let gateway: GatewayProcess;
let admin: TestClient;
let user: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
  await admin.run('mutation { createUser(input: { username: "plain" }) { username } }');
  const { createApiKey } = await admin.run('mutation { createApiKey(input: { username: "plain", name: "test" }) { key } }');
  user = new TestClient(gateway.url, createApiKey.key);
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

interface Fault {
  path: string;
  code: string;
  message: string;
  params: Record<string, number>;
}

const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `tag${at}`);

async function errorsOf(transport: Transport, operation: Operation, key = user.key): Promise<GraphqlError[]> {
  const answer = await ask(transport, gateway.url, key, operation);
  expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(MOST_BYTES);
  return answer.errors ?? [];
}

/** The faults of the only error, which is BAD_USER_INPUT. */
async function faultsOf(transport: Transport, operation: Operation): Promise<Fault[]> {
  const errors = await errorsOf(transport, operation);
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  return errors[0]!.extensions['fields'] as Fault[];
}

const TOO_MANY_TAGS = [{ path: 'tags', code: 'TOO_MANY', message: expect.stringMatching(/^1100 different values .*at most 32 are accepted/), params: { given: 1100, accepted: 32 } }];

describe.each(TRANSPORTS)('a list over %s', (transport) => {
  it('with nine hundred times the same tag is one with that tag', async () => {
    for (const operation of [{ query: TAGS, variables: { tags: many(1).concat(Array(899).fill('tag0') as string[]) } }, { query: `{ usableImages(filter: { tags: ["a" ${'"a" '.repeat(899)}] }) { totalCount } }` }]) {
      expect(await errorsOf(transport, operation)).toEqual([]);
    }
  });

  it('with thirty thousand values of an enum is one with those that there are', async () => {
    const access = Array.from({ length: 20_000 }, (_, at) => ['PUBLIC', 'PRIVATE', 'DELETED'][at % 3]);
    expect(await errorsOf(transport, { query: FILTER, variables: { filter: { access } } })).toEqual([]);
  });

  it('beyond its bound is refused, however it is given', async () => {
    const tags = many(1100);
    const text = JSON.stringify(tags.slice(0, 1098)).slice(1, -1);
    const operations: Operation[] = [
      { query: TAGS, variables: { tags } },
      { query: FILTER, variables: { filter: { tags } } },
      { query: `{ usableImages(filter: { tags: ${JSON.stringify(tags)} }) { totalCount } }` },
      { query: `query ($tags: [String!] = ${JSON.stringify(tags)}) { usableImages(filter: { tags: $tags }) { totalCount } }` },
      { query: `query ($filter: ImageFilter = { tags: ${JSON.stringify(tags)} }) { usableImages(filter: $filter) { totalCount } }` },
      { query: `query ($a: String!, $b: String = "b") { usableImages(filter: { tags: [$a ${text} $b] }) { totalCount } }`, variables: { a: 'a' } },
      { query: `{ ...f } fragment f on Query { usableImages(filter: { tags: ${JSON.stringify(tags)} }) { totalCount } }` },
    ];
    for (const operation of operations) expect(await faultsOf(transport, operation)).toEqual(TOO_MANY_TAGS);
  });

  it('is counted again with each request, also where the operation is known', async () => {
    for (const count of [1, 32, 1, 1]) expect(await errorsOf(transport, { query: TAGS, variables: { tags: many(count) } })).toEqual([]);
    expect(await faultsOf(transport, { query: TAGS, variables: { tags: many(33) } })).toMatchObject([{ params: { given: 33, accepted: 32 } }]);
  });
});

describe.each(TRANSPORTS)('a text over %s', (transport) => {
  const long = 'x'.repeat(LONGEST);

  it('beyond its bound is refused, and not repeated', async () => {
    const found = await faultsOf(transport, { query: 'query ($n: String) { image(name: $n) { name } }', variables: { n: long } });
    expect(found).toMatchObject([{ path: 'name', code: 'TOO_LONG', params: { given: LONGEST, accepted: 200 } }]);
    expect(found[0]!.message).toBe(`"${'x'.repeat(200)}…" has ${LONGEST} characters; at most 200 are accepted.`);
    expect(await faultsOf(transport, { query: `{ image(name: "${long}") { name } }` })).toMatchObject([{ path: 'name', code: 'TOO_LONG' }]);
  });

  it('is counted in characters: an emoji is one', async () => {
    expect(await errorsOf(transport, { query: FILTER, variables: { filter: { search: '😀'.repeat(200) } } })).toEqual([]);
    expect(await faultsOf(transport, { query: FILTER, variables: { filter: { search: '😀'.repeat(201) } } })).toMatchObject([{ path: 'search', params: { given: 201 } }]);
  });

  it('is refused with all others that are too large, each by its path', async () => {
    const filter = { search: long.slice(0, 999), owner: long.slice(0, 999), tags: many(40) };
    const query = `query ($filter: ImageFilter, $after: String) { usableImages(filter: $filter, after: $after) { totalCount } image(name: "${long.slice(0, 999)}") { name } }`;
    const found = await faultsOf(transport, { query, variables: { filter, after: long.slice(0, 9000) } });
    expect(found.map(({ path }) => path).sort()).toEqual(['after', 'name', 'owner', 'search', 'tags']);
  });

  it.each([
    ['the name of an operation', { query: `query ${'x'.repeat(LONGEST)} { __typename }` }],
    ['an alias', { query: `{ ${'x'.repeat(LONGEST)}: __typename }` }],
    ['the name of a field', { query: `{ ${'x'.repeat(LONGEST)} }` }],
    ['the name of an argument', { query: `{ image(${'x'.repeat(LONGEST)}: 1) { name } }` }],
    ['a directive', { query: `{ __typename @${'x'.repeat(LONGEST)} }` }],
    ['a fragment', { query: `{ ...${'x'.repeat(LONGEST)} }` }],
    ['what cannot be read', { query: `{ a(${'"x" '.repeat(3)}"${'x'.repeat(LONGEST)}" }` }],
    ['the operation that is meant', { query: 'query A { __typename } query B { __typename }', operationName: long }],
    ['a wrong value of an enum', { query: FILTER, variables: { filter: { access: [long] } } }],
    ['a wrong number', { query: 'query ($n: Int) { images(first: $n) { totalCount } }', variables: { n: long } }],
    ['a wrong UUID', { query: 'query ($n: UUID) { image(uuid: $n) { name } }', variables: { n: long } }],
    ['a wrong date', { query: FILTER, variables: { filter: { createdAfter: long } } }],
    ['a field that an input does not have', { query: FILTER, variables: { filter: { [long]: 1 } } }],
    ['a variable without a value', { query: `query ($${'x'.repeat(LONGEST)}: Int!) { images(first: $${'x'.repeat(LONGEST)}) { totalCount } }` }],
  ] as [string, Operation][])('is not repeated either where it is %s', async (_what, operation) => {
    const errors = await errorsOf(transport, operation);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(errors)).not.toContain('x'.repeat(202));
  });
});

describe('a value without a shape', () => {
  const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

  it.each([
    ['deep', { __typename: 'Image', name: deep(6) }, 'TOO_DEEP'],
    ['wide', { __typename: 'Image', ...Object.fromEntries(many(200).map((name) => [name, 1])) }, 'TOO_MANY'],
    ['long', { __typename: 'Image', name: 'x'.repeat(1001) }, 'TOO_LONG'],
    ['long in its names', { __typename: 'Image', ['x'.repeat(1001)]: 1 }, 'TOO_LONG'],
  ])('is refused where it is too %s', async (_what, reference, code) => {
    expect(await faultsOf('http', { query: ENTITIES, variables: { r: [{ __typename: 'User', username: 'plain' }, reference] } })).toMatchObject([{ path: expect.stringMatching(/^representations\.1/), code }]);
    const one = 'query ($r: _Any!) { _entities(representations: [$r]) { __typename } }';
    expect(await faultsOf('http', { query: one, variables: { r: reference } })).toMatchObject([{ path: expect.stringMatching(/^representations\.0/), code }]);
  });

  it.each([
    ['a reference', ENTITIES, 'r'],
    ['one reference', 'query ($r: _Any!) { _entities(representations: [$r]) { __typename } }', 'r'],
    ['an input', FILTER, 'filter'],
    ['a list of texts', TAGS, 'tags'],
    ['a number', 'query ($n: Int) { images(first: $n) { totalCount } }', 'n'],
    ['a variable that nobody defined', '{ __typename }', 'n'],
  ])('deeper than any stack is no fault of ours, given as %s', async (_what, query, name) => {
    const body = `{"query":${JSON.stringify(query)},"variables":{"${name}":${'['.repeat(90_000)}${']'.repeat(90_000)}}}`;
    const frames = ['{"type":"connection_init","payload":{"authorization":"Bearer TOKEN"}}', `{"id":"1","type":"subscribe","payload":${body}}`];
    for (const accept of ['application/json', 'text/event-stream']) {
      const headers = { 'content-type': 'application/json', accept };
      const { texts } = await sendCase(gateway.url, user.key, { way: 'http', as: 'plain', method: 'POST', path: '/graphql', headers, bytes: body, isStream: accept.startsWith('text') });
      expect(texts.join('').length).toBeGreaterThan(10);
      expect(texts.join('')).not.toContain('INTERNAL_SERVER_ERROR');
      expect(texts.join('').length).toBeLessThan(5000);
    }
    const { status, texts } = await sendCase(gateway.url, user.key, { way: 'websocket', as: 'plain', frames, isBinary: false });
    expect([1005, 4400]).toContain(status);
    expect(texts.join('')).not.toContain('INTERNAL_SERVER_ERROR');
  });

  it('comes in any number of the same, up to its bound', async () => {
    const same = Array.from({ length: 1000 }, () => ({ __typename: 'User', username: 'plain' }));
    const { data } = await ask('http', gateway.url, user.key, { query: ENTITIES, variables: { r: same } });
    expect(data?.['_entities']).toHaveLength(1000);
    expect(await faultsOf('http', { query: ENTITIES, variables: { r: [...same, same[0]] } })).toMatchObject([{ path: 'representations', params: { given: 1001, accepted: 1000 } }]);
  });
});

describe('an input that may contain itself', () => {
  const nested = (levels: number): string => `${'{"not":'.repeat(levels)}{}${'}'.repeat(levels)}`;

  it.each([3, 11, 500])('is refused %d levels deep, over every transport', async (levels) => {
    for (const transport of TRANSPORTS) {
      const [fault] = await faultsOf(transport, { query: FILTER, variables: { filter: JSON.parse(nested(levels)) as unknown } });
      expect(fault).toMatchObject({ code: 'TOO_DEEP', params: { accepted: levels < 10 ? 1 : 10 } });
      expect(fault?.path.length).toBeLessThan(100);
    }
  });

  it.each([5000, 90_000])('is no fault of ours %d levels deep, deeper than any stack', async (levels) => {
    // Signed in, so that the body is read to its end.
    const body = `{"query":${JSON.stringify(FILTER)},"variables":{"filter":${nested(levels)}}}`;
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${user.key}` }, body });
    const text = await response.text();
    expect(text).toContain('BAD_USER_INPUT');
    expect(text.length).toBeLessThan(5000);
  });

  it('is refused within a document, as its default and with a variable in its depth', async () => {
    const literal = nested(300).replaceAll('"', '');
    const operations: Operation[] = [
      { query: `{ usableImages(filter: ${literal}) { totalCount } }` },
      { query: `query ($filter: ImageFilter = ${literal}) { usableImages(filter: $filter) { totalCount } }` },
      { query: `query ($filter: ImageFilter) { usableImages(filter: { not: { not: $filter } }) { totalCount } }`, variables: { filter: {} } },
    ];
    for (const operation of operations) expect(await faultsOf('http', operation)).toMatchObject([{ path: 'not.not' }]);
  });

  it('is bounded in its lists and texts at each level', async () => {
    expect(await faultsOf('http', { query: FILTER, variables: { filter: { not: { tags: many(1100) } } } })).toMatchObject([{ path: 'not.tags', code: 'TOO_MANY' }]);
    expect(await faultsOf('http', { query: FILTER, variables: { filter: { name: many(251), not: { version: ['x'.repeat(201)] } } } })).toMatchObject([{ path: 'name', code: 'TOO_MANY' }, { path: 'not.version.0', code: 'TOO_LONG' }]);
    for (const filter of [{ name: many(250) }, { uuid: Array.from({ length: 300 }, () => '00000000-0000-4000-8000-000000000000') }]) expect(await errorsOf('http', { query: FILTER, variables: { filter } })).toEqual([]);
  });
});

describe('an answer with very many errors', () => {
  it('names the first faults of a list and counts the others', async () => {
    const groups = Array.from({ length: 250 }, (_, at) => `nothing${at}${'x'.repeat(180)}`);
    const [error] = await errorsOf('http', { query: 'mutation ($i: CreateUserInput!) { createUser(input: $i) { username } }', variables: { i: { username: 'new', groups } } }, admin.key);
    const { fields, fieldsLeftOut } = error!.extensions as unknown as { fields: Fault[]; fieldsLeftOut: number };
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.length + fieldsLeftOut).toBe(250);
  });

  it.each(TRANSPORTS)('names the first of them over %s, from validation and from resolvers', async (transport) => {
    const unknown = Array.from({ length: 300 }, (_, at) => `unknown${at}`).join(' ');
    const refused = Array.from({ length: 90 }, (_, at) => `a${at}: user(username: "${'x'.repeat(150)}${at}") { username }`).join(' ');
    for (const [query, code] of [[`{ viewer { ${unknown} } }`, 'GRAPHQL_VALIDATION_FAILED'], [`{ ${refused} }`, 'FORBIDDEN']] as const) {
      const errors = await errorsOf(transport, { query });
      expect(errors.length).toBe(51);
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set([code]));
      expect(errors.at(-1)?.message).toMatch(/^\d+ more errors are left out\.$/);
    }
  });
});

describe('very many faults in one variable', () => {
  it.each([
    ['fields that the input does not have', FILTER, { filter: Object.fromEntries(many(60_000).map((name) => [name, 1])) }],
    ['values that the enum does not have', FILTER, { filter: { access: many(60_000) } }],
    ['lists in place of texts', TAGS, { tags: many(60_000).map((name) => [[name]]) }],
    // Each fault that repeats the whole value would take minutes.
  ])('are not all looked at: %s', { timeout: 30_000 }, async (_what, query, variables) => {
    const [error] = await errorsOf('http', { query, variables });
    expect(error?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('what is around an operation', () => {
  it('an id of an operation that each of its answers would repeat closes the socket', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const code = new Promise((resolve) => socket.once('close', resolve));
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${user.key}` } })));
    socket.once('message', () => socket.send(JSON.stringify({ id: 'x'.repeat(201), type: 'subscribe', payload: { query: '{ __typename }' } })));
    expect(await code).toBe(4400);
  });

  it('a path, a host and an origin are not repeated whole', async () => {
    const long = 'x'.repeat(5000);
    for (const [path, headers] of [[`/${long}`, {}], [`/imgapi/${long}`, {}], ['/graphql', { origin: `http://${long}`, accept: 'text/event-stream', 'content-type': 'application/json' }]] as const) {
      const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${user.key}`, ...headers }, body: '{}' });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect((await response.text()).length).toBeLessThan(600);
    }
  });

  it('a GET is checked like a POST', async () => {
    const search = new URLSearchParams({ query: TAGS, variables: JSON.stringify({ tags: many(1000) }) });
    const response = await fetch(`${gateway.url}/graphql?${search.toString()}`, { headers: { authorization: `Bearer ${user.key}`, 'apollo-require-preflight': '1' } });
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'tags' }] } }] });
  });
});

const sizes = fc.record({ text: fc.integer({ min: 8200, max: 20_000 }), items: fc.integer({ min: 1001, max: 2000 }), depth: fc.oneof(fc.constant(1), fc.integer({ min: 6, max: 2000 })), isLiteral: fc.constant(false) });
/** As many items as the tokens of a document allow, shared by the lists of an input. */
const literals = fc.record({ text: fc.integer({ min: 8200, max: 20_000 }), items: fc.integer({ min: 260, max: 300 }), depth: fc.constant(1), isLiteral: fc.constant(true) });

describe('every root field, given too much of everything', { timeout: 120_000 }, () => {
  it.each(rootFields(servedSchema).map(({ kind, field }) => ({ kind, field, name: field.name })))('$kind $name answers little, and no fault of ours', async ({ kind, field }) => {
    const refused = field.args.some(({ type }) => canBeOversized(type)) ? /^(BAD_USER_INPUT|GRAPHQL_PARSE_FAILED)$/ : /^(?!INTERNAL_SERVER_ERROR)\w*$/;
    await fc.assert(
      fc.asyncProperty(fc.oneof(sizes, literals), fc.constantFrom(admin, user), fc.constantFrom(...TRANSPORTS), async (size, { key }, transport) => {
        const operation = oversizedOperation(kind, field, size);
        const codes = (await errorsOf(kind === 'subscription' && transport === 'http' ? 'sse' : transport, operation, key)).map(({ extensions }) => extensions.code);
        // A message that may be too large as a whole is then not read at all.
        const mayBeUnread = transport === 'websocket' && JSON.stringify(operation).length > MOST_MESSAGE_BYTES - ENVELOPE_BYTES;
        const code = codes.join();
        expect(mayBeUnread && code === 'CLOSED_1009' ? 'BAD_USER_INPUT' : code).toMatch(refused);
      }),
      { numRuns: 4 },
    );
  });
});

describe('all of it', () => {
  it('was no fault of ours', () => {
    expect(gateway.output()).not.toMatch(/"level":[56]0/);
  });
});
