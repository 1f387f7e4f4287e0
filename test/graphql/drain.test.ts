import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { follow } from '../support/follow.js';
import { startFresh, type TestClient } from '../support/gateway.js';
import { ask, type Transport, TRANSPORTS } from '../support/transports.js';
import { IMPORTER, World } from '../support/world.js';

const EVENTS = 'subscription { taskChanged { detail } }';

/** A gateway with one mutation that runs for as long as it may: the manifest it fetches does not come. */
async function busyGateway(transport: Transport = 'http', settings: Record<string, string> = { OPERATION_TIMEOUT: '1' }) {
  const { gateway, admin, folder } = await startFresh(settings);
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const asked = once(silent, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const input = { name: 'slow', manifestUrl: `http://127.0.0.1:${(silent.address() as { port: number }).port}/images/x`, datacenter: 'main' };
  const query = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }';
  const slow = ask(transport, gateway.url, admin.key, { query, variables: { input } }).catch((error: Error) => error);
  const [, response] = await asked;
  const end = async (): Promise<void> => {
    silent.closeAllConnections();
    silent.close();
    await slow;
    await folder.remove();
  };
  return { gateway, admin, slow, end, answer: () => response.writeHead(404).end() };
}

describe('a stop', () => {
  it('tells every stream, and does not wait for a request that takes longer than OPERATION_TIMEOUT', async () => {
    const { gateway, admin, slow, end } = await busyGateway();
    const [socket, stream] = [await follow('websocket', gateway.url, admin.key!, EVENTS), await follow('sse', gateway.url, admin.key!, EVENTS)];
    expect(await gateway.stop()).toBe(0);
    // Had the gateway waited, the request would have an answer.
    expect(await slow).toBeInstanceOf(Error);
    expect(await socket.closed).toBe(1001);
    expect(await stream.ended).toBe('complete');
    await end();
  });

  it.each(TRANSPORTS)('waits for a request over %s that is answered within OPERATION_TIMEOUT', async (transport) => {
    const { gateway, admin, slow, answer, end } = await busyGateway(transport, { LOG_LEVEL: 'info' });
    const stream = await follow('sse', gateway.url, admin.key!, EVENTS);
    const stopped = gateway.stop();
    // Streams end at once, and nobody can connect any more.
    expect(await stream.ended).toBe('complete');
    await expect.poll(async () => fetch(`${gateway.url}/livez`).then(() => 'listens', () => 'refuses')).toBe('refuses');
    answer();
    expect(await slow).toMatchObject({ errors: [{ extensions: { code: 'MANIFEST_UNREACHABLE' } }] });
    expect(await stopped).toBe(0);
    expect(gateway.output()).not.toContain('"level":50');
    await end();
  });

  it('begins with SHUTDOWN_DELAY, in which only /readyz says so', async () => {
    const { gateway, admin, folder } = await startFresh({ SHUTDOWN_DELAY: '1' });
    const stopped = gateway.stop();
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect(await admin.code('{ images { totalCount } }')).toBe('data');
    expect(await stopped).toBe(0);
    await folder.remove();
  });

  it('answers on an open connection that it is not ready, and asks to connect anew', async () => {
    const { gateway, end } = await busyGateway();
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    // The first half of a request keeps the connection from being idle.
    socket.write('GET /readyz HTTP/1.1\r\n');
    await once(socket, 'connect');
    // The gateway has the half of the request once it has answered a whole one that was sent later.
    await fetch(`${gateway.url}/readyz`);
    const stopped = gateway.stop();
    await expect.poll(async () => fetch(`${gateway.url}/livez`).then(() => 'listens', () => 'refuses')).toBe('refuses');
    socket.write('host: x\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toMatch(/^HTTP\/1.1 503 /);
    expect(text).toMatch(/connection: close/i);
    await stopped;
    await end();
  });
});

describe('slow readers', () => {
  let world: World;
  let admin: TestClient;

  beforeAll(async () => {
    world = await World.start({ imageServer: false, settings: { LOG_LEVEL: 'info' } });
    ({ admin } = world);
    // A large manifest fills the buffers of both ends with few changes.
    await world.image('followed', { access: 'PUBLIC' }, { manifest: { notes: 'x'.repeat(20_000) } });
  });
  afterAll(async () => world?.close());

  // The same field again and again makes an event large without making it dear.
  const large = `subscription { imageChanged { image { ${Array.from({ length: 90 }, (_, at) => `m${at}: manifest`).join(' ')} } } }`;

  /** Subscribes over bare HTTP, and reads no more once the answer has begun. */
  async function stuckStream(): Promise<() => void> {
    const { hostname, port } = new URL(admin.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    const body = JSON.stringify({ query: large });
    const head = ['POST /graphql HTTP/1.1', 'host: x', 'accept: text/event-stream', 'content-type: application/json', `authorization: Bearer ${admin.key}`, `content-length: ${body.length}`];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'data');
    socket.pause();
    return () => void socket.destroy();
  }

  /** Subscribes over a WebSocket, and reads no more. */
  async function stuckSocket(): Promise<() => void> {
    const socket = new WebSocket(`${admin.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws').on('error', () => undefined);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${admin.key}` } }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: large } }));
    socket.pause();
    return () => socket.terminate();
  }

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${admin.url}/metrics`)).text();
    return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  }

  it('over a WebSocket and over SSE cost no memory, and the others get everything', async () => {
    const releases = [await stuckSocket(), await stuckStream()];
    const { key } = await world.person('good', { permissions: IMPORTER });
    const good = await follow('websocket', admin.url, key, 'subscription { imageChanged { image { description } } }');
    const memory = await metric('process_resident_memory_bytes');
    // Each event takes 1.8 MB: queued for both, they would take 290 MB.
    const CHANGES = 80;
    for (let sent = 1; sent <= CHANGES; sent += 1) {
      await admin.run('mutation ($to: String!) { updateImage(input: { name: "followed", description: $to }) { image { name } } }', { to: String(sent) });
      await expect.poll(() => good.events.length, { timeout: 10_000, interval: 10 }).toBe(sent);
    }
    expect((await metric('process_resident_memory_bytes')) - memory).toBeLessThan(150 * 1024 * 1024);
    await good.stop();
    for (const release of releases) release();
  });
});
