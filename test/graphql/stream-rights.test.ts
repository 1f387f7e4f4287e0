import { connect } from 'node:net';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { follow, STREAM_TRANSPORTS } from '../support/follow.js';
import { type GatewayProcess, TestClient } from '../support/gateway.js';
import { codes } from '../support/transports.js';
import { IMPORTER, type Person, World } from '../support/world.js';

const SECRET = 'a secret of more than thirty-two bytes';

let world: World;
let gateway: GatewayProcess;
let admin: TestClient;

beforeAll(async () => {
  world = await World.start({ settings: { AUTH_JWT_SECRET: SECRET, OPERATIONS_PER_SOCKET: '3', SOCKETS_PER_USER: '4', ALLOWED_ORIGINS: 'https://cloud.example' } });
  ({ gateway, admin } = world);
});
afterAll(async () => world?.close());

/** Somebody with those permissions in a private datacenter of their own. */
async function person(permissions: readonly string[] = ['ADMIN']): Promise<Person & { datacenter: string; group: string }> {
  const datacenter = await world.datacenter();
  const made = await world.person(undefined, { permissions, datacenter });
  return { ...made, datacenter, group: `${made.username}-group` };
}

const signed = (username: string, seconds: number) =>
  new SignJWT({ sub: username, exp: Math.floor(Date.now() / 1000) + seconds }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));

describe.each(STREAM_TRANSPORTS)('a right that is taken away ends a stream over %s, with no event needed', (transport) => {
  it('NOT_FOUND when the datacenter can no longer be seen', async () => {
    const { key, datacenter } = await person();
    const following = await follow(transport, gateway.url, key, `subscription { imageChanged(datacenter: "${datacenter}") { name } }`);
    await admin.run(`mutation { updateDatacenter(input: { name: "${datacenter}", groups: [] }) { name } }`);
    expect(await following.ended).toBe('NOT_FOUND');
    await following.stop();
  });

  it('FORBIDDEN when repositories may no longer be used', async () => {
    const { key, group } = await person(IMPORTER);
    const following = await follow(transport, gateway.url, key, 'subscription { imageRepositoryChanged { name } }');
    await admin.run(`mutation { updateGroup(input: { name: "${group}", permissions: [ADMIN] }) { name } }`);
    expect(await following.ended).toBe('FORBIDDEN');
    await following.stop();
  });

  it('UNAUTHENTICATED when the user is deactivated', async () => {
    const { key, username } = await person();
    const following = await follow(transport, gateway.url, key, 'subscription { taskChanged { id } }');
    await admin.run(`mutation { updateUser(input: { username: "${username}", active: false }) { active } }`);
    expect(await following.ended).toBe('UNAUTHENTICATED');
    await following.stop();
  });

  it('UNAUTHENTICATED when the key is revoked', async () => {
    const { key, keyId } = await person();
    const following = await follow(transport, gateway.url, key, 'subscription { imageChanged { name } }');
    await admin.run(`mutation { revokeApiKey(id: "${keyId}") }`);
    expect(await following.ended).toBe('UNAUTHENTICATED');
    await following.stop();
  });

  it('and what other streams may is left as it is', async () => {
    const [leaving, staying] = [await person(), await person()];
    const [ending, going] = [await follow(transport, gateway.url, leaving.key, 'subscription { taskChanged { id } }'), await follow(transport, gateway.url, staying.key, 'subscription { taskChanged { action } }')];
    await admin.run(`mutation { revokeApiKey(id: "${leaving.keyId}") }`);
    await ending.ended;
    await admin.run(`mutation { updateDatacenter(input: { name: "${staying.datacenter}", alias: "new" }) { name } }`);
    while (going.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(going.events).toEqual([{ taskChanged: { action: 'DATACENTER_UPDATE' } }]);
    await Promise.all([ending.stop(), going.stop()]);
  });
});

it('a token that expires ends its streams, and closes its socket with 4403', async () => {
  const { username } = await person();
  const token = await signed(username, 1);
  const [socket, sse] = await Promise.all(STREAM_TRANSPORTS.map((transport) => follow(transport, gateway.url, token, 'subscription { imageChanged { name } }')));
  const idle = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const closed = new Promise((resolve) => idle.on('close', resolve));
  idle.on('open', () => idle.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } })));
  expect(await sse?.ended).toBe('UNAUTHENTICATED');
  expect([await socket?.closed, await closed]).toEqual([4403, 4403]);
  for (const stream of [socket, sse]) await stream?.stop();
});

describe('a page', () => {
  const preflight = (origin: string) =>
    fetch(`${gateway.url}/graphql`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' } });

  it('of a configured origin may read answers and streams, and one of another may not', async () => {
    const [ours, foreign] = [await preflight('https://cloud.example'), await preflight('https://evil.example')];
    expect(ours.headers.get('access-control-allow-origin')).toBe('https://cloud.example');
    expect(ours.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(foreign.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
    const headers = { origin: 'https://cloud.example', accept: 'text/event-stream', authorization: `Bearer ${admin.key}`, 'content-type': 'application/json' };
    const stream = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' });
    expect(stream.headers.get('access-control-allow-origin')).toBe('https://cloud.example');
    expect(await stream.text()).toContain('"__typename":"Query"');
  });
});

describe('a socket', () => {
  it('of a configured origin, and of our own, is welcome', async () => {
    for (const origin of ['https://cloud.example', gateway.url]) {
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin });
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
      socket.close();
    }
  });

  it('has a limit of operations', async () => {
    const socket = new TestClient(gateway.url, admin.key).socket();
    const codesOf = (query: string) =>
      new Promise<string>((resolve) => {
        socket.subscribe({ query }, { next: () => resolve('next'), error: (errors) => resolve((errors as { extensions: { code: string } }[])[0]!.extensions.code), complete: () => resolve('complete') });
      });
    for (const kind of ['id', 'action', 'status']) void codesOf(`subscription { taskChanged { ${kind} } }`);
    expect(await codesOf('{ __typename }')).toBe('TOO_MANY_OPERATIONS');
    await socket.dispose();
  });

  it('is one of a limited number per user, with streams over HTTP counted too', async () => {
    const { key } = await person();
    const streams = [];
    for (const transport of ['websocket', 'sse', 'websocket', 'sse'] as const) streams.push(await follow(transport, gateway.url, key, 'subscription { taskChanged { id } }'));
    expect(await codes('sse', gateway.url, key, { query: '{ __typename }' })).toEqual(['TOO_MANY_OPERATIONS']);
    expect(await codes('websocket', gateway.url, key, { query: '{ __typename }' })).toEqual(['CLOSED_1013']);
    await streams[0]!.stop();
    while ((await codes('sse', gateway.url, key, { query: '{ __typename }' })).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const stream of streams) await stream.stop();
  });

  it('that sends what is no message of a client is closed with 4400, and nothing is written that could not be read', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('open', () => socket.send('{"type":"next","id":"1","payload":{}}'));
    expect(await closed).toBe(4400);
    expect(gateway.output()).not.toContain('Unexpected message');
  });

  it('that is broken in the middle costs nobody else anything', async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const upgrade = ['GET /graphql HTTP/1.1', 'host: x', 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA=='];
    socket.write(`${[...upgrade, 'sec-websocket-protocol: graphql-transport-ws'].join('\r\n')}\r\n\r\n`);
    // Once it is a WebSocket, bytes that no client may send: reserved bits set.
    socket.on('data', () => socket.write(Buffer.from([0xff, 0xff, 0xff])));
    await closed;
    expect(await codes('http', gateway.url, admin.key, { query: '{ __typename }' })).toEqual([]);
  });
});
