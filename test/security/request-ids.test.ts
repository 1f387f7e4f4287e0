import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { databaseOf, type GatewayProcess, type GraphqlError, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { sendRaw } from '../support/raw-http.js';
import { ask, type Transport, TRANSPORTS } from '../support/transports.js';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let database: Database;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh({ LOG_LEVEL: 'info' }));
  database = await openDatabase(databaseOf(folder), ENTITIES);
});
afterAll(async () => {
  await database?.close();
  await gateway?.stop();
  await folder?.remove();
});

/** Works while a table is away, as if the database were broken. */
async function without<T>(table: string, work: () => Promise<T>): Promise<T> {
  const run = async (sql: string): Promise<unknown> => database.em.fork().getConnection().execute(sql);
  await run(`alter table ${table} rename to ${table}_away`);
  try {
    return await work();
  } finally {
    await run(`alter table ${table}_away rename to ${table}`);
  }
}

function linesAbout(id: string): string[] {
  return gateway.output().split('\n').filter((line) => line.includes(`"requestId":"${id}"`));
}

/** The error is masked, and its id leads to a line at level error that says what happened. */
async function expectLeadsToLog(error: GraphqlError | undefined): Promise<void> {
  expect(error).toMatchObject({ message: expect.stringMatching(/^Something went wrong on our side/), extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[\w.:-]{8,}$/) } });
  const id = String(error?.extensions['requestId']);
  expect(error?.message).toContain(id);
  await expect.poll(() => linesAbout(id).map((line) => JSON.parse(line) as { level: number; err?: { message: string } }).some(({ level, err }) => level === 50 && err !== undefined)).toBe(true);
}

/** A user that the gateway has not read a moment ago. */
async function newKey(): Promise<string> {
  return (await admin.run('mutation { createApiKey(input: { username: "admin", name: "k" }) { key } }')).createApiKey.key;
}

describe.each(TRANSPORTS)('an internal error over %s', (transport: Transport) => {
  it('of a field leads to its line in the log', async () => {
    const { errors } = await without('task', async () => ask(transport, gateway.url, admin.key, { query: '{ tasks { nodes { id } } }' }));
    await expectLeadsToLog(errors?.[0]);
  });

  it('of a mutation does so, too', async () => {
    const { errors } = await without('datacenter_group', async () =>
      ask(transport, gateway.url, admin.key, { query: 'mutation { createGroup(input: { name: "x", permissions: [], datacenters: ["main"] }) { name } }' }),
    );
    await expectLeadsToLog(errors?.[0]);
  });
});

describe.each(['http', 'sse'] as const)('an internal error while somebody signs in over %s', (transport) => {
  it('leads to its line in the log', async () => {
    const key = await newKey();
    const { errors } = await without('api_key', async () => ask(transport, gateway.url, key, { query: '{ viewer { user { username } } }' }));
    await expectLeadsToLog(errors?.[0]);
  });

  it('has the id that the request brought', async () => {
    const key = await newKey();
    const { errors } = await without('api_key', async () => ask(transport, gateway.url, key, { query: '{ __typename }' }, { 'x-request-id': `mine-${transport}` }));
    expect(errors?.[0]?.extensions['requestId']).toBe(`mine-${transport}`);
    await expectLeadsToLog(errors?.[0]);
  });
});

it('an internal error while a WebSocket signs in closes it with the id that leads to the log', async () => {
  const key = await newKey();
  const reason = await without('api_key', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise<string>((resolve) => socket.on('close', (code, why) => resolve(`${code} ${String(why)}`)));
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${key}` } })));
    return closed;
  });
  const id = /^4500 Internal server error; request ([\w-]{36})$/.exec(reason)?.[1];
  expect(id).toBeDefined();
  await expect.poll(() => linesAbout(id!).length).toBe(1);
});

it('an internal error of a query that was compiled leads to its line in the log', async () => {
  const query = 'query Compiled { tasks(first: 1) { nodes { id } } }';
  for (let time = 0; time < 3; time += 1) await admin.run(query);
  const { errors } = await without('task', async () => admin.send(query));
  await expectLeadsToLog(errors[0]);
});

it('an internal error of IMGAPI names the request', async () => {
  const response = await without('image', async () => fetch(`${gateway.url}/imgapi/images`));
  const text = await response.text();
  const id = /request ([\w-]{36})/.exec(text)?.[1];
  expect([response.status, response.headers.get('x-request-id')]).toEqual([500, id]);
  await expect.poll(() => linesAbout(id!).length).toBe(1);
});

const upgrade = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n${more}\r\n`;
const post = (type: string, body: string, more = ''): string =>
  `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: ${type}\r\nauthorization: Bearer ${admin.key}\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
const get = (path: string, more = 'host: 127.0.0.1\r\n'): string => `GET ${path} HTTP/1.1\r\n${more}connection: close\r\n\r\n`;

describe('the id of every answer that is an error leads to a line at the default level', () => {
  it.each<[what: string, status: number, bytes: () => string]>([
    ['a body that is no JSON', 400, () => post('application/json', '{"query": ')],
    ['a body of another type', 415, () => post('text/xml', '<query/>')],
    ['a document that cannot be parsed', 200, () => post('application/json', '{"query":"{"}')],
    ['a document that is not valid', 200, () => post('application/json', '{"query":"{ nothing }"}')],
    ['a body that is too large', 413, () => post('application/json', ' '.repeat(1024 * 1024 + 1))],
    ['a long body of somebody who is not signed in', 401, () => post('application/json', ' '.repeat(20_000)).replace('igw_', 'igw-')],
    ['a wrong key', 401, () => post('application/json', '{"query":"{ __typename }"}').replace('igw_', 'igw-')],
    ['a method that /graphql has not', 405, () => get('/graphql').replace('GET', 'PUT')],
    ['a path with nothing', 404, () => get('/nothing')],
    ['a path that cannot be decoded', 400, () => get('/%ff')],
    ['no host', 400, () => get('/livez', '')],
    ['a file that GraphiQL has not', 404, () => get('/graphiql/none.js')],
    ['metrics through a foreign proxy', 403, () => get('/metrics', 'host: 127.0.0.1\r\nx-forwarded-for: 8.8.8.8\r\n')],
    ['an image that IMGAPI has not', 404, () => get('/imgapi/images/0deb1a12-5eed-4000-8000-0000000000ff')],
    ['a parameter that IMGAPI cannot read', 422, () => get('/imgapi/images?limit=many')],
    ['a host that is not this one', 400, () => get('/imgapi/images', 'host: evil.example\r\n')],
    ['bytes that are no request', 400, () => 'NONSENSE\r\n\r\n'],
    ['headers that are too large', 431, () => get('/livez', `host: x\r\nx-more: ${'x'.repeat(20_000)}\r\n`)],
    ['a WebSocket elsewhere', 404, () => upgrade('/elsewhere')],
    ['a WebSocket of a foreign page', 403, () => upgrade('/graphql', 'origin: https://evil.example\r\n')],
    ['a WebSocket of another version', 400, () => upgrade('/graphql').replace('version: 13', 'version: 1')],
  ])('%s', async (_what, status, bytes) => {
    const answer = await sendRaw(gateway.url, bytes());
    expect(answer.status).toBe(status);
    const id = answer.headers['x-request-id'] ?? 'none';
    expect(id).toMatch(/^[\w-]{36}$/);
    await expect.poll(() => linesAbout(id).map((line) => (JSON.parse(line) as { level: number }).level >= 30)).toContain(true);
    // A sign-in that failed has a line of its own, and so has a connection that the client closes before its body was read.
    const told = linesAbout(id).map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(told.filter((msg) => !/^A caller went away|^A sign-in failed/.test(msg)).length).toBeLessThanOrEqual(1);
    expect(new Set(told).size).toBe(told.length);
  });

  it('an id that the caller brought, of a request that it did not wait for', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write('POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-id: left-1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"query"');
    await expect.poll(() => fetch(`${gateway.url}/livez`).then(({ status }) => status)).toBe(200);
    socket.destroy();
    await expect.poll(() => linesAbout('left-1').length).toBeGreaterThan(0);
  });

  it('has an id in every answer that is none', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/graphiql', '/imgapi/ping', '/imgapi/images', '/graphql?query={__typename}']) {
      const response = await fetch(gateway.url + path, { redirect: 'manual', headers: { authorization: `Bearer ${admin.key}`, 'apollo-require-preflight': 'yes' } });
      expect([path, response.status < 400, response.headers.get('x-request-id')]).toEqual([path, true, expect.stringMatching(/^[\w-]{36}$/)]);
    }
  });
});

it('no id is unknown, in any answer or line', async () => {
  expect(gateway.output()).not.toMatch(/"(?:requestId|reqId)":"unknown"|request unknown/);
  for (const transport of TRANSPORTS) {
    const { errors } = await ask(transport, gateway.url, admin.key, { query: '{ nothing }' });
    expect(JSON.stringify(errors)).not.toContain('unknown"');
  }
});
