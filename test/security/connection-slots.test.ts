import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startFresh } from '../support/gateway.js';

/** Signs tokens for anybody; its key set is held back until it is released, and with it every sign-in. */
async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = createServer((_request, response) => void released.then(() => response.end(keySet)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    keySetUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    token: async (username: string) => new SignJWT().setSubject(username).setExpirationTime('1h').setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey),
    release,
    stop: () => server.close(),
  };
}

let issuer: Awaited<ReturnType<typeof startIssuer>>;
let world: Awaited<ReturnType<typeof startFresh>>;

beforeAll(async () => {
  issuer = await startIssuer();
  world = await startFresh({ AUTH_JWKS_URL: issuer.keySetUrl, AUTH_PROVISION: 'on', SOCKETS_PER_USER: '1' });
});
afterAll(async () => {
  await world?.gateway.stop();
  await world?.folder.remove();
  issuer?.stop();
});

const STREAM = JSON.stringify({ query: 'subscription { taskChanged { id } }' });

/** A request for a stream of which the gateway has read the head. */
async function begunStream(token: string) {
  const { hostname, port } = new URL(world.gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /graphql HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${token}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: ${STREAM.length}\r\nexpect: 100-continue\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(String(answer)).toContain('100 Continue');
  socket.write(STREAM);
  return socket;
}

/** A socket that has sent its `connection_init`. */
async function initialized(token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${world.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  return socket;
}

/** A socket whose `connection_init` the gateway has read. */
async function begunSocket(token: string): Promise<WebSocket> {
  const socket = await initialized(token);
  socket.send('{"type":"ping"}');
  expect(String((await once(socket, 'message'))[0])).toContain('pong');
  return socket;
}

/** The first message that a socket receives; the code with which it is closed when there is none. */
async function firstOf(socket: WebSocket): Promise<string> {
  return Promise.race([once(socket, 'message').then(([data]) => String(data)), once(socket, 'close').then(([code]) => String(code))]);
}

it('clients that leave while they sign in hold no place of their users', async () => {
  const [anna, otto] = [await issuer.token('anna'), await issuer.token('otto')];
  const [stream, socket] = [await begunStream(anna), await begunSocket(otto)];
  const gone = [once(stream, 'close'), once(socket, 'close')];
  stream.destroy();
  socket.terminate();
  await Promise.all(gone);
  for (let answers = 0; answers < 2; answers += 1) await (await fetch(`${world.gateway.url}/livez`)).text();
  issuer.release();
  await vi.waitFor(async () => {
    const headers = { authorization: `Bearer ${anna}`, accept: 'text/event-stream', 'content-type': 'application/json' };
    const response = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers, body: STREAM });
    await response.body?.cancel();
    expect(response.status).toBe(200);
  }, 4000);
  await vi.waitFor(async () => {
    const again = await initialized(otto);
    expect(await firstOf(again)).toContain('connection_ack');
    again.terminate();
  }, 4000);
});
