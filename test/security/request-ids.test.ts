import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ENTITIES } from '../../src/entities.js';
import { type Database, openDatabase } from '../../src/platform/database/database.js';
import { databaseOf, type GatewayProcess, type GraphqlError, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
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

it('no id is unknown, in any answer or line', async () => {
  expect(gateway.output()).not.toMatch(/"(?:requestId|reqId)":"unknown"|request unknown/);
  for (const transport of TRANSPORTS) {
    const { errors } = await ask(transport, gateway.url, admin.key, { query: '{ nothing }' });
    expect(JSON.stringify(errors)).not.toContain('unknown"');
  }
});
