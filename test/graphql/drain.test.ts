import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { follow } from '../support/follow.js';
import { freshFolder, GatewayProcess, startFresh, TestClient } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const EVENTS = 'subscription { taskChanged { detail } }';

describe('a stop', () => {
  it('lets running requests end, tells every stream, and ends within its time however slow a request is', async () => {
    const { gateway, admin, folder } = await startFresh();
    // A manifest that does not come holds one mutation for as long as the gateway would wait for it.
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const manifestUrl = `http://127.0.0.1:${(silent.address() as { port: number }).port}/images/x`;
    const asked = new Promise((resolve) => silent.once('request', resolve));
    const input = { name: 'slow', manifestUrl, datacenter: 'main' };
    const slow = admin.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input }).catch((error: Error) => error);
    await asked;
    const [socket, stream] = [await follow('websocket', gateway.url, admin.key!, EVENTS), await follow('sse', gateway.url, admin.key!, EVENTS)];
    const begun = performance.now();
    const code = await gateway.stop();
    const took = performance.now() - begun;
    expect(code).toBe(0);
    expect(await socket.closed).toBe(1001);
    expect(await stream.ended).toBe('complete');
    await slow;
    // Far below the time-outs of what was running; the exact figure is in docs/operations.md.
    expect(took).toBeLessThan(8000);
    silent.closeAllConnections();
    silent.close();
    await folder.remove();
  });

  it('answers on an open connection that it is not ready, and asks to connect anew', async () => {
    const { gateway, admin, folder } = await startFresh();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const asked = new Promise((resolve) => silent.once('request', resolve));
    const input = { name: 'slow', manifestUrl: `http://127.0.0.1:${(silent.address() as { port: number }).port}/images/x`, datacenter: 'main' };
    const slow = admin.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input }).catch((error: Error) => error);
    await asked;
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
    await Promise.all([stopped, slow]);
    silent.closeAllConnections();
    silent.close();
    await folder.remove();
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

  /** Events of 100 kB and more: the log of a datacenter whose many groups change. */
  async function events(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      await admin.run(`mutation { updateDatacenter(input: { name: "main", description: "${String(at).padEnd(120, 'x')}" }) { name } }`);
    }
  }

  it.each(['websocket', 'sse'] as const)('is dropped over %s before it costs memory, and the others get everything', async (transport) => {
    // The same field again and again makes an event large without making it dear.
    const large = `subscription { taskChanged { ${Array.from({ length: 90 }, (_, at) => `d${at}: detail`).join(' ')} } }`;
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()).on('error', () => resolve()));
    if (transport === 'sse') {
      const body = JSON.stringify({ query: large });
      const head = ['POST /graphql HTTP/1.1', 'host: x', 'accept: text/event-stream', 'content-type: application/json', `authorization: Bearer ${admin.key}`, `content-length: ${body.length}`];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
      await new Promise((resolve) => socket.once('data', resolve));
      socket.pause();
    } else {
      socket.destroy();
    }
    const reader = transport === 'websocket' ? new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws') : null;
    const dropped = reader === null ? closed : new Promise<void>((resolve) => reader.on('close', () => resolve()).on('error', () => resolve()));
    if (reader !== null) {
      await new Promise((resolve) => reader.once('open', resolve));
      reader.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${admin.key}` } }));
      await new Promise((resolve) => reader.once('message', resolve));
      reader.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: large } }));
    }
    const good = await follow('websocket', gateway.url, admin.key!, EVENTS);
    reader?.pause();
    const memory = async () => Number(/^process_resident_memory_bytes (\S+)/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())![1]);
    const before = await memory();
    let isDropped = false;
    const open = async (): Promise<number> => Number(new RegExp(`^gateway_open_connections\\{transport="${transport}"\\} (\\d+)`, 'm').exec(await (await fetch(`${gateway.url}/metrics`)).text())![1]);
    const kept = await open();
    let sent = 0;
    while (!isDropped && sent < 2000) {
      await events(50);
      sent += 50;
      isDropped = (await open()) < kept;
    }
    expect(isDropped).toBe(true);
    expect((await memory()) - before).toBeLessThan(200 * 1024 * 1024);
    while (good.events.length < sent) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(good.events).toHaveLength(sent);
    await good.stop();
    reader?.resume();
    socket.resume();
    await dropped;
  }, 120_000);
});

describe('the parts of a process', () => {
  it('are not to be split on SQLite, where one process owns the file', async () => {
    const folder = await freshFolder();
    const started = GatewayProcess.start(folder.path, { RUN: 'api', DATABASE_URL: '' });
    await expect(started).rejects.toThrow(/RUN=api: with SQLite one process owns the file/);
    await folder.remove();
  });

  it('answer at /livez', async () => {
    const { gateway, folder } = await startFresh();
    const answer = await sendRaw(gateway.url, 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(answer.status).toBe(200);
    await gateway.stop();
    await folder.remove();
  });
});
