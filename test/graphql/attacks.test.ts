import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { getIntrospectionQuery, GraphQLError, parse, print } from 'graphql';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
// oxlint-disable-next-line typescript/ban-ts-comment -- scripts have no types
// @ts-ignore
import { plugin } from '../../scripts/trusted-documents.js';
import { publicErrorOf } from '../../src/graphql/pipeline/public-errors.js';
import { hashOf } from '../../src/graphql/admission/trusted-documents.js';
import { migratedFolder, GatewayProcess, TestClient } from '../support/gateway.js';
import { codesOf, sendRaw } from '../support/raw-http.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temp-folder.js';
import { ask, codes, type Operation, type Transport, TRANSPORTS } from '../support/transports.js';

const SECRET = 'a secret of more than thirty-two bytes';
const ISSUER = { iss: 'https://people.example', aud: 'images' };
const SCHEMA = print(parse('query Schema { __schema { queryType { name } } }'));
const LISTED = print(parse('query Listed { viewer { ...who } } fragment who on Viewer { user { username } }'));

let open: GatewayProcess;
let strict: GatewayProcess;
let admin: TestClient;
let strictKey: string;
const folders: TemporaryFolder[] = [];

beforeAll(async () => {
  const [first, second, place] = [await migratedFolder(), await migratedFolder(), await temporaryFolder()];
  folders.push(first, second, place);
  const manifest = join(place.path, 'trusted.json');
  await writeFile(manifest, plugin(null, [{ document: parse(LISTED) }, { document: parse(SCHEMA) }]));
  open = await GatewayProcess.start(first.path, { FETCH_ALLOW: '', REQUEST_TIMEOUT: '1', AUTH_JWT_SECRET: SECRET, AUTH_JWT_ISSUER: ISSUER.iss, AUTH_JWT_AUDIENCE: ISSUER.aud, METRICS_TRUSTED: '10.0.0.0/8', COST_LIMIT: '5000' });
  admin = new TestClient(open.url, open.firstKey);
  strict = await GatewayProcess.start(second.path, { INTROSPECTION: 'off', TRUSTED_DOCUMENTS: manifest, TRUST_PROXY: '127.0.0.0/8', METRICS_TRUSTED: '10.0.0.0/8', FAILED_SIGN_INS: '5' });
  strictKey = strict.firstKey!;
});
afterAll(async () => {
  await Promise.all([open?.stop(), strict?.stop()]);
  for (const folder of folders) await folder.remove();
});

function nested(depth: number): string {
  return `{ viewer { user { ${'groups { users { '.repeat(depth / 2)} username ${'} }'.repeat(depth / 2)} } } }`;
}

function exponential(levels: number): string {
  const fragments = Array.from({ length: levels }, (_, at) => `fragment f${at} on Viewer { a: user { username } ...f${at + 1} ...f${at + 1} }`);
  return `{ viewer { ...f0 } } ${fragments.join(' ')} fragment f${levels} on Viewer { user { username } }`;
}

const many = (count: number, one: (at: number) => string): string => Array.from({ length: count }, (_, at) => one(at)).join(' ');

const ATTACKS: [what: string, operation: Operation, code: string][] = [
  ['the same root field a hundred times and once more', { query: `{ ${many(101, () => 'viewer { user { username } }')} }` }, 'QUERY_TOO_COMPLEX'],
  ['the same within fragments', { query: `{ ...a ...a } fragment a on Query { ${many(30, () => 'viewer { user { username } }')} ...b } fragment b on Query { ${many(30, () => 'viewer { __typename }')} }` }, 'QUERY_TOO_COMPLEX'],
  ['overlapping fields, without end', { query: `{ ${many(3000, () => 'viewer { user { username } }')} }` }, 'GRAPHQL_PARSE_FAILED'],
  ['a page of 2147483647', { query: '{ images(first: 2147483647) { nodes { name } } }' }, 'QUERY_TOO_COMPLEX'],
  ['the same by a variable', { query: 'query ($n: Int) { images(first: $n) { nodes { name } } }', variables: { n: 2147483647 } }, 'QUERY_TOO_COMPLEX'],
  ['pages within pages', { query: '{ images(first: 200) { nodes { servers(first: 200) { nodes { hostname } } } } }' }, 'QUERY_TOO_COMPLEX'],
  ['a page of 201', { query: '{ images(first: 201) { nodes { name } } }' }, 'BAD_USER_INPUT'],
  ['depth 200', { query: nested(198) }, 'QUERY_TOO_COMPLEX'],
  ['10,000 aliases', { query: `{ ${many(10_000, (at) => `a${at}: __typename`)} }` }, 'GRAPHQL_PARSE_FAILED'],
  ['101 aliases of __typename', { query: `{ ${many(101, (at) => `a${at}: __typename`)} }` }, 'QUERY_TOO_COMPLEX'],
  ['100 mutations in one request', { query: `mutation { ${many(100, (at) => `a${at}: deleteDatacenter(name: "d${at}")`)} }` }, 'QUERY_TOO_COMPLEX'],
  ['21 mutations hidden in a fragment', { query: `mutation { ...f } fragment f on Mutation { ${many(21, (at) => `a${at}: deleteDatacenter(name: "d${at}")`)} }` }, 'QUERY_TOO_COMPLEX'],
  ['exponential fragments', { query: exponential(30) }, 'QUERY_TOO_COMPLEX'],
  ['a fragment within itself', { query: '{ viewer { ...f } } fragment f on Viewer { user { username } ...f }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['introspection that multiplies', { query: `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} }'.repeat(6)} } } }` }, 'GRAPHQL_VALIDATION_FAILED'],
  ['98 schemas in one answer', { query: `{ ${many(98, (at) => `a${at}: __schema { ...f }`)} } fragment f on __Schema { types { name description fields { name description args { name type { name ofType { name } } } } } }` }, 'QUERY_TOO_COMPLEX'],
  ['one schema with 90 times its fields', { query: `{ __schema { types { ${many(90, (at) => `a${at}: fields { name type { name } }`)} } } }` }, 'QUERY_TOO_COMPLEX'],
  ['98 times the text of the schema', { query: `{ ${many(98, (at) => `a${at}: _service { sdl }`)} }` }, 'QUERY_TOO_COMPLEX'],
  ['1001 references', { query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }', variables: { r: Array.from({ length: 1001 }, (_, at) => ({ __typename: 'Image', name: `x${at}` })) } }, 'BAD_USER_INPUT'],
  ['a subscription without a stream', { query: 'subscription { taskChanged { id } }' }, 'BAD_REQUEST'],
];

function transportsOf(what: string): readonly Transport[] {
  return what === 'a subscription without a stream' ? ['http'] : TRANSPORTS;
}

describe('an attack by the operation itself', () => {
  const cases = ATTACKS.flatMap(([what, operation, code]) => transportsOf(what).map((transport) => ({ what, transport, operation, code })));

  it.each(cases)('$what is refused over $transport', async ({ transport, operation, code }) => {
    const found = await codes(transport, open.url, admin.key, operation);
    expect(new Set(found)).toEqual(new Set([code]));
  });

  it.each(TRANSPORTS)('is answered within the limits, where it can be: the same fields again and again over %s', async (transport) => {
    const query = `{ ${many(100, () => 'viewer { user { username } }')} }`;
    expect(await codes(transport, open.url, admin.key, { query })).toEqual([]);
  });
});

describe('introspection', () => {
  it.each(TRANSPORTS)('of the usual tools is answered, and paid for, over %s', async (transport) => {
    const { errors, extensions } = await ask(transport, open.url, admin.key, { query: getIntrospectionQuery() });
    expect(errors).toBeUndefined();
    expect(extensions!.cost).toMatchObject({ requested: expect.toSatisfy((cost: number) => cost > 100 && cost < 5000) });
  });
});

describe('what an attacker would like to read', () => {
  it.each(TRANSPORTS)('is not suggested over %s, neither fields nor values', async (transport) => {
    const wrong: Operation[] = [
      { query: '{ viewe { user { username } } }' },
      { query: '{ viewer }' },
      { query: '{ images(filter: { acces: [PUBLIC] }) { totalCount } }' },
      { query: 'query ($f: ImageFilter) { images(filter: $f) { totalCount } }', variables: { f: { acces: ['x'] } } },
      { query: 'query ($f: ImageFilter) { images(filter: $f) { totalCount } }', variables: { f: { access: ['PUBLI'] } } },
    ];
    for (const operation of wrong) {
      const answer = await ask(transport, open.url, admin.key, operation);
      expect(answer.errors).toBeDefined();
      expect(JSON.stringify(answer)).not.toMatch(/did you mean|"access"|\bPUBLIC\b/i);
    }
  });

  it('is masked when it is in a message or a stack', () => {
    const lines: string[] = [];
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const failure = new Error('connect postgres://gateway:hunter2@db/gateway');
    const shown = publicErrorOf(new GraphQLError(failure.message, { originalError: failure }), { requestId: 'r-1', log, outage: { covers: () => false, isStopped: false } });
    expect(shown).toEqual({ message: expect.stringContaining('r-1'), extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r-1' } });
    expect(lines.join()).toContain('"requestId":"r-1"');
  });

  it('is no trace of the resolvers, whoever asks for one', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${admin.key}`, 'apollo-federation-include-trace': 'ftv1' };
    const response = await fetch(`${open.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ viewer { user { username } } }"}' });
    expect(await response.text()).not.toContain('ftv1');
  });

  it.each(TRANSPORTS)('is not the schema, over %s, when introspection is off; nor any operation that is not in the manifest', async (transport) => {
    expect(await codes(transport, strict.url, strictKey, { query: SCHEMA })).toContain('GRAPHQL_VALIDATION_FAILED');
    expect(await codes(transport, strict.url, strictKey, { query: '{ viewer { user { active } } }' })).toEqual(['DOCUMENT_NOT_TRUSTED']);
    expect(await codes(transport, strict.url, strictKey, { query: LISTED })).toEqual([]);
  });

  it.each(TRANSPORTS)('is found by the hash of the manifest alone over %s', async (transport) => {
    const persistedQuery = { version: 1, sha256Hash: hashOf(LISTED) };
    const operation = { extensions: { persistedQuery }, ...(transport === 'websocket' && { query: '' }) } as Operation;
    const answer = await ask(transport, strict.url, strictKey, operation);
    expect(answer.data).toEqual({ viewer: { user: { username: 'admin' } } });
  });
});

describe('an attack by the sign-in', () => {
  const sign = (claims: Record<string, unknown>, algorithm = 'HS256', secret = SECRET) => new SignJWT({ ...ISSUER, ...claims }).setProtectedHeader({ alg: algorithm }).sign(Buffer.from(secret));
  const later = Math.floor(Date.now() / 1000) + 600;
  const unsigned = (payload: object): string => [{ alg: 'none' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.';

  const cases = TRANSPORTS.flatMap((transport) => [
    { what: 'nothing', transport, token: async () => null },
    { what: 'a token without exp', transport, token: () => sign({ sub: 'admin' }) },
    { what: 'an expired token', transport, token: () => sign({ sub: 'admin', exp: later - 3600 }) },
    { what: 'a token of another key', transport, token: () => sign({ sub: 'admin', exp: later }, 'HS256', 'x'.repeat(40)) },
    { what: 'a token of another issuer', transport, token: () => sign({ sub: 'admin', exp: later, iss: 'https://evil.example' }) },
    { what: 'a token for another audience, such as an id token', transport, token: () => sign({ sub: 'admin', exp: later, aud: 'frontend' }) },
    { what: 'a token without a signature', transport, token: async () => unsigned({ ...ISSUER, sub: 'admin', exp: later }) },
    { what: 'a token of somebody unknown', transport, token: () => sign({ sub: 'nobody', exp: later }) },
  ]);

  it.each(cases)('$what runs nothing over $transport', async ({ transport, token }) => {
    const [code] = await codes(transport, open.url, await token(), { query: '{ __typename }' });
    expect(['UNAUTHENTICATED', 'CLOSED_4401', 'CLOSED_4403']).toContain(code);
  });

  it.each(TRANSPORTS)('who signs in wrongly over %s, again and again, has to wait; others at the same address do not', async (transport) => {
    const from = { 'x-forwarded-for': `203.0.113.${TRANSPORTS.indexOf(transport)}` };
    const code = async (key: string, headers = from) => (await ask(transport, strict.url, key, { query: LISTED }, headers)).errors?.[0]?.extensions.code;
    expect(await code(strictKey)).toBeUndefined();
    for (let at = 0; at < 5; at += 1) expect(['UNAUTHENTICATED', 'CLOSED_4401']).toContain(await code(`guess-${at}`));
    expect(['RATE_LIMITED', 'CLOSED_1013']).toContain(await code('guess-6'));
    expect(await code(strictKey)).toBeUndefined();
    expect(['UNAUTHENTICATED', 'CLOSED_4401']).toContain(await code('guess-7', { 'x-forwarded-for': '203.0.113.9' }));
  });

  it('is told over HTTP how long it has to wait', async () => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.20', authorization: 'Bearer guess' };
    const send = async () => fetch(`${strict.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: LISTED }) });
    for (let at = 0; at < 5; at += 1) expect((await send()).status).toBe(401);
    const response = await send();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringContaining('203.0.113.20'), extensions: { code: 'RATE_LIMITED' } }] });
  });

  it.each(TRANSPORTS)('a good token runs over %s', async (transport) => {
    expect(await codes(transport, open.url, await sign({ sub: 'admin', exp: later }), { query: '{ __typename }' })).toEqual([]);
  });
});

describe('an attack by a page of somebody else', () => {
  const headers = () => ({ authorization: `Bearer ${admin.key}` });

  it('cannot send a simple request, as CSRF prevention wants one that asks first', async () => {
    const body = '{"query":"{ __typename }"}';
    const posted = await fetch(`${open.url}/graphql`, { method: 'POST', headers: { ...headers(), 'content-type': 'text/plain' }, body });
    const got = await fetch(`${open.url}/graphql?query=%7B__typename%7D`);
    for (const response of [posted, got]) {
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    }
  });

  it.each(['application/json', 'text/event-stream'])('cannot change anything by GET, with Accept: %s', async (accept) => {
    const query = encodeURIComponent('mutation { deleteDatacenter(name: "none") }');
    const response = await fetch(`${open.url}/graphql?query=${query}`, { headers: { ...headers(), accept, 'apollo-require-preflight': '1' } });
    expect(await response.text()).toContain('"BAD_REQUEST"');
  });

  it('cannot open a WebSocket or a stream from a foreign origin', async () => {
    const socket = new WebSocket(`${open.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin: 'https://evil.example' });
    const refused = await new Promise((resolve) => socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)));
    const stream = await fetch(`${open.url}/graphql`, {
      method: 'POST',
      headers: { ...headers(), origin: 'https://evil.example', accept: 'text/event-stream', 'content-type': 'application/json' },
      body: '{"query":"subscription { taskChanged { id } }"}',
    });
    expect([refused, stream.status]).toEqual([403, 403]);
    expect(await stream.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });
});

describe('an attack by size, time and number', () => {
  it('a WebSocket message of 8 MB closes its socket with 1009', async () => {
    const socket = new WebSocket(`${open.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.on('open', () => socket.send(`{"type":"connection_init","payload":{"x":"${'x'.repeat(8_000_000)}"}}`));
    expect(await closed).toBe(1009);
  });

  it('a WebSocket that says nothing is closed with 4408', async () => {
    const socket = new WebSocket(`${open.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(4408);
  });

  it.each([
    ['a body', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{'],
    ['a header', 'POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: '],
  ])('%s that comes slowly is cut off', async (_what, bytes) => {
    const { status, body } = await sendRaw(open.url, bytes);
    expect([status, codesOf(body)]).toEqual([408, ['REQUEST_TIMEOUT']]);
  });

  it.each(['application/json', 'text/event-stream'])('what is too large is not read, with Accept: %s', async (accept) => {
    const send = async (headers: Record<string, string>, body: string) => {
      const response = await fetch(`${open.url}/graphql`, { method: 'POST', headers: { accept, authorization: `Bearer ${admin.key}`, 'content-type': 'application/json', ...headers }, body });
      return [response.status, codesOf(await response.text())];
    };
    expect(await send({}, JSON.stringify({ query: `{ __typename } # ${'x'.repeat(2_000_000)}` }))).toEqual([413, ['PAYLOAD_TOO_LARGE']]);
    expect(await send({ 'x-large': 'x'.repeat(20_000) }, '{"query":"{ __typename }"}')).toEqual([431, ['HEADERS_TOO_LARGE']]);
    expect(await send({}, '[{"query":"{ __typename }"},{"query":"{ __typename }"}]')).toEqual([400, ['BAD_REQUEST']]);
  });

  it('more documents than are kept push out the oldest, and nothing else', async () => {
    const register = async (at: number): Promise<string[]> => {
      const query = `# ${at} ${'x'.repeat(300_000)}\n{ __typename }`;
      return codes('http', open.url, admin.key, { query, extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(query) } } });
    };
    for (let at = 0; at < 20; at += 1) expect(await register(at)).toEqual([]);
    const [oldest, newest] = [0, 19].map((at) => hashOf(`# ${at} ${'x'.repeat(300_000)}\n{ __typename }`));
    const byHash = (sha256Hash: string) => codes('http', open.url, admin.key, { extensions: { persistedQuery: { version: 1, sha256Hash } } } as unknown as Operation);
    expect(await byHash(oldest!)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    expect(await byHash(newest!)).toEqual([]);
  });
});

describe('an attack by what the network says', () => {
  it('X-Forwarded-For is believed of a configured proxy only', async () => {
    const asTrusted = async (gateway: GatewayProcess) => (await fetch(`${gateway.url}/metrics`, { headers: { 'x-forwarded-for': '10.1.2.3' } })).status;
    expect([await asTrusted(open), await asTrusted(strict)]).toEqual([403, 200]);
  });

  it.each([
    'http://127.0.0.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://localhost/', 'http://169.254.169.254/', 'http://0.0.0.0/',
  ])('a manifest is not fetched from %s', async (manifestUrl) => {
    const query = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }';
    const operation = { query, variables: { input: { name: 'inside', manifestUrl, datacenter: 'main' } } };
    for (const transport of TRANSPORTS) expect(await codes(transport, open.url, admin.key, operation)).toEqual(['URL_NOT_ALLOWED']);
  });
});
