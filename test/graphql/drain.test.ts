import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { follow } from '../support/follow.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const EVENTS = 'subscription { taskChanged { detail } }';

/** A gateway with one mutation that runs for as long as it may: the manifest it fetches does not come. */
async function busyGateway() {
  const { gateway, admin, folder } = await startFresh();
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const asked = new Promise((resolve) => silent.once('request', resolve));
  const input = { name: 'slow', manifestUrl: `http://127.0.0.1:${(silent.address() as { port: number }).port}/images/x`, datacenter: 'main' };
  const slow = admin.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input }).catch((error: Error) => error);
  await asked;
  const end = async (): Promise<void> => {
    silent.closeAllConnections();
    silent.close();
    await slow;
    await folder.remove();
  };
  return { gateway, admin, end };
}

describe('a stop', () => {
  it('tells every stream, and does not wait for a request that would take long', async () => {
    const { gateway, admin, end } = await busyGateway();
    const [socket, stream] = [await follow('websocket', gateway.url, admin.key!, EVENTS), await follow('sse', gateway.url, admin.key!, EVENTS)];
    const begun = performance.now();
    expect(await gateway.stop()).toBe(0);
    // It takes 1.3 s; the request would have gone on for 10 s and more.
    expect(performance.now() - begun).toBeLessThan(8000);
    expect(await socket.closed).toBe(1001);
    expect(await stream.ended).toBe('complete');
    await end();
  });

  it('answers on an open connection that it is not ready, and asks to connect anew', async () => {
    const { gateway, end } = await busyGateway();
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    // The first half of a request keeps the connection from being idle.
    socket.write('GET /readyz HTTP/1.1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = gateway.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.write('host: x\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toMatch(/^HTTP\/1.1 503 /);
    expect(text).toMatch(/connection: close/i);
    await stopped;
    await end();
  });
});

describe('a slow reader', () => {
  let gateway: GatewayProcess;
  let admin: TestClient;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    ({ gateway, admin, folder } = await startFresh());
  });
  afterAll(async () => {
    await gateway?.stop();
    await folder?.remove();
  });

  async function changes(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      await admin.run(`mutation { updateDatacenter(input: { name: "main", description: "${String(at).padEnd(120, 'x')}" }) { name } }`);
    }
  }

  // The same field again and again makes an event large without making it dear.
  const large = `subscription { taskChanged { ${Array.from({ length: 90 }, (_, at) => `d${at}: detail`).join(' ')} } }`;

  /** Subscribes over bare HTTP, and reads no more once the answer has begun. */
  async function stuckStream(): Promise<() => void> {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    const body = JSON.stringify({ query: large });
    const head = ['POST /graphql HTTP/1.1', 'host: x', 'accept: text/event-stream', 'content-type: application/json', `authorization: Bearer ${admin.key}`, `content-length: ${body.length}`];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    return () => void socket.destroy();
  }

  /** Subscribes over a WebSocket, and reads no more. */
  async function stuckSocket(): Promise<() => void> {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws').on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${admin.key}` } }));
    await new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: large } }));
    socket.pause();
    return () => socket.terminate();
  }

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  }

  it.each([['websocket', stuckSocket], ['sse', stuckStream]] as const)('is dropped over %s before it costs memory, and the others get everything', async (transport, stick) => {
    const release = await stick();
    const good = await follow('websocket', gateway.url, admin.key!, EVENTS);
    const open = `gateway_open_connections{transport="${transport}"}`;
    const [kept, before] = [await metric(open), await metric('process_resident_memory_bytes')];
    let sent = 0;
    while ((await metric(open)) === kept && sent < 2000) {
      await changes(50);
      sent += 50;
    }
    // It is told why first, and cut off 10 s later.
    await expect.poll(async () => metric(open), { timeout: 20_000 }).toBe(kept - 1);
    expect((await metric('process_resident_memory_bytes')) - before).toBeLessThan(200 * 1024 * 1024);
    while (good.events.length < sent) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(good.events).toHaveLength(sent);
    await good.stop();
    release();
  }, 120_000);
});
