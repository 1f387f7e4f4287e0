import { once } from 'node:events';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';
import { follow } from '../support/follow.js';
import type { TestClient } from '../support/gateway.js';
import { codes } from '../support/transports.js';

const MOST_OPERATIONS = 2000;
const QUERY = 'subscription ($image: String) { imageChanged(image: $image) { kind name image { description } } }';

let world: World;

let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed({ settings: { OPERATIONS_PER_USER: String(MOST_OPERATIONS), LOG_LEVEL: 'info' } }));
  await world.imageServer(null);
  // A larger manifest fills the buffers of both ends with fewer changes.
  await world.image('followed', { access: 'PUBLIC' }, { manifest: { notes: 'x'.repeat(3000) } });
});
afterAll(async () => world?.close());

async function metric(name: string, url = world.gateway.url): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const readers = (wanted: number): Promise<void> => until(async () => (await metric('gateway_subscription_readers')) === wanted);

interface Socket {
  socket: WebSocket;
  /** By type. */
  received: Record<string, number>;
  errors: string[];
  closed: Promise<number>;
  send(message: unknown): void;
}

async function open(client: TestClient): Promise<Socket> {
  const socket = new WebSocket(`${client.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const closed = once(socket, 'close').then(([code]) => Number(code));
  await once(socket, 'open');
  const send = (message: unknown): void => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', payload: { authorization: `Bearer ${client.key}` } });
  await once(socket, 'message');
  const received: Record<string, number> = {};
  const errors: string[] = [];
  socket.on('message', (data: Buffer) => {
    const { type, payload } = JSON.parse(data.toString()) as { type: string; payload?: { errors?: { extensions: { code: string } }[] } };
    received[type] = (received[type] ?? 0) + 1;
    for (const { extensions } of payload?.errors ?? []) errors.push(extensions.code);
  });
  return { socket, received, errors, closed, send };
}

let changes = 0;
const change = async (): Promise<unknown> => world.admin.run(`mutation { updateImage(input: { name: "followed", description: "${(changes += 1)}" }) { image { name } } }`);

/** As many subscriptions over as many sockets as it takes; `of` gives each its payload. */
async function subscribeMany(client: TestClient, count: number, of: (at: number) => unknown): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += 1) {
    if (at % 100 === 0) sockets.push(await open(client));
    sockets.at(-1)?.send({ id: String(at), type: 'subscribe', payload: of(at) });
  }
  return sockets;
}

async function close(sockets: readonly Socket[]): Promise<void> {
  for (const { socket } of sockets) socket.close();
  await readers(0);
}

describe('subscriptions of one user that ask the same', { timeout: 120_000 }, () => {
  it('are executed once per event, whatever else is sent with them', async () => {
    const spelled = (at: number): string => ['', `# ${at}\n`, `query Unused${at} { __typename } `][at % 3] + QUERY.replace('subscription', `subscription S${at}`);
    const of = (at: number) => ({ query: spelled(at), operationName: `S${at}`, variables: { image: 'followed', [`x${at}`]: at } });
    const sockets = await subscribeMany(people.peter, MOST_OPERATIONS, of);
    await readers(MOST_OPERATIONS);
    expect(await metric('gateway_subscription_streams')).toBe(1);
    const before = await metric('gateway_subscription_executions_total');
    await change();
    await until(() => sockets.every(({ received }) => received.next === 100));
    expect(await metric('gateway_subscription_executions_total')).toBe(before + 1);
    await close(sockets);
    expect(await metric('gateway_subscription_streams')).toBe(0);
  });

  it('are not executed for what they do not want', async () => {
    const sockets = await subscribeMany(people.peter, 200, (at) => ({ query: QUERY, variables: { image: `other-${at}` } }));
    const follower = await open(people.anna);
    follower.send({ id: '1', type: 'subscribe', payload: { query: QUERY, variables: { image: 'followed' } } });
    await readers(201);
    expect(await metric('gateway_subscription_streams')).toBe(201);
    const before = await metric('gateway_subscription_executions_total');
    await change();
    await until(() => follower.received.next === 1);
    expect(await metric('gateway_subscription_executions_total')).toBe(before + 1);
    await close([...sockets, follower]);
  });
});

describe('the operations that a user has open', { timeout: 120_000 }, () => {
  it('are bounded over all sockets and SSE streams, and counted until they end', async () => {
    const { peter, anna } = people;
    const sockets = await subscribeMany(peter, MOST_OPERATIONS - 1, () => ({ query: QUERY }));
    const stream = await follow('sse', peter.url, peter.key ?? '', QUERY.replace('subscription', 'subscription Last'));
    await readers(MOST_OPERATIONS);
    for (const transport of ['sse', 'websocket'] as const) {
      for (const query of [QUERY, '{ __typename }']) expect(await codes(transport, peter.url, peter.key, { query })).toEqual(['TOO_MANY_OPERATIONS']);
    }
    // Other users, and queries over plain HTTP, are not concerned.
    expect(await codes('websocket', anna.url, anna.key, { query: '{ __typename }' })).toEqual([]);
    expect(await codes('http', peter.url, peter.key, { query: '{ __typename }' })).toEqual([]);
    await stream.stop();
    await readers(MOST_OPERATIONS - 1);
    expect(await codes('sse', peter.url, peter.key, { query: '{ __typename }' })).toEqual([]);
    await close(sockets);
  });

  it('end with their socket, also those whose id is used again while they begin', async () => {
    const socket = await open(people.peter);
    for (let at = 0; at < 300; at += 1) {
      socket.send({ id: 'again', type: 'subscribe', payload: { query: QUERY } });
      socket.send({ id: 'again', type: 'complete' });
    }
    socket.send({ id: 'last', type: 'subscribe', payload: { query: QUERY } });
    socket.send({ id: 'query', type: 'subscribe', payload: { query: '{ __typename }' } });
    await until(() => (socket.received.next ?? 0) + (socket.received.error ?? 0) > 0);
    expect(await metric('gateway_subscription_readers')).toBeLessThanOrEqual(100);
    socket.socket.close();
    await readers(0);
    expect(await metric('gateway_subscription_streams')).toBe(0);
  });
});

describe('a reader that does not read', () => {
  const manifests = Array.from({ length: 94 }, (_, at) => `m${at}: manifest`).join(' ');
  const LARGE = `subscription { imageChanged(image: "followed") { image { description ${manifests} } } }`;
  const executions = (): Promise<number> => metric('gateway_subscription_executions_total');

  /** Changes the image until nothing is executed for those who do not read: only so many others read. */
  async function changeUntilAllWait(others: number): Promise<void> {
    for (let stalled = 0; stalled < 3; ) {
      const before = await executions();
      await change();
      await follower.next();
      stalled = (await executions()) <= before + others ? stalled + 1 : 0;
    }
  }

  let follower: { next: () => Promise<void>; stop: () => Promise<void> };
  beforeAll(async () => {
    const following = await follow('sse', people.anna.url, people.anna.key ?? '', QUERY.replace('subscription', 'subscription Follower'));
    let seen = 0;
    const next = async (): Promise<void> => {
      await until(() => following.events.length > seen);
      seen = following.events.length;
    };
    follower = { next, stop: following.stop };
  });
  afterAll(async () => follower.stop());

  it('over a WebSocket gets no more than its buffer holds, and then the present state; nobody else waits', async () => {
    const reader = await open(world.admin);
    const first = changes;
    const shown = new Map<string, string>();
    reader.socket.on('message', (data: Buffer) => {
      const { id, payload } = JSON.parse(data.toString()) as { id: string; payload?: { data?: { imageChanged: { image: { description: string } } } } };
      if (payload?.data !== undefined) shown.set(id, payload.data.imageChanged.image.description);
    });
    for (let at = 0; at < 20; at += 1) reader.send({ id: String(at), type: 'subscribe', payload: { query: LARGE } });
    await readers(21);
    const same = await follow('sse', world.admin.url, world.admin.key ?? '', LARGE);
    reader.socket.pause();
    await changeUntilAllWait(2);
    for (let at = 0; at < 20; at += 1) await change();
    // One that asks the same is told everything meanwhile.
    await until(() => same.events.at(-1)?.imageChanged.image.description === String(changes));
    reader.socket.resume();
    await until(() => shown.size === 20 && [...shown.values()].every((description) => description === String(changes)));
    expect(reader.received.next).toBeLessThan((20 * (changes - first)) / 2);
    expect(reader.errors).toEqual([]);
    // Once it has caught up, it shares the stream of the others again.
    await until(async () => {
      await change();
      return (await metric('gateway_subscription_streams')) === 2;
    });
    await same.stop();
    reader.socket.close();
    await readers(1);
  });

  it('over SSE gets no more than its buffer holds, and then the present state', async () => {
    const { url, key } = world.admin;
    const request = get(`${url}/graphql?query=${encodeURIComponent(LARGE)}`, { headers: { accept: 'text/event-stream', authorization: `Bearer ${key}` } });
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    await readers(2);
    const first = changes;
    await changeUntilAllWait(1);
    for (let at = 0; at < 20; at += 1) await change();
    const descriptions: string[] = [];
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      for (const [, description = ''] of text.matchAll(/"description":"(\d+)","m0"/g)) descriptions.push(description);
      text = text.slice(-40);
      if (descriptions.at(-1) === String(changes)) break;
    }
    // The buffers of the system take what they like; some of the changes between are never told.
    expect(new Set(descriptions).size).toBeLessThan(changes - first);
    await readers(1);
  });
});

describe('the streams of a user whose budget is spent', { timeout: 120_000 }, () => {
  const [STREAMS, CHANGES] = [100, 60];
  const USABLE = '{ usableImages(first: 1) { nodes { name } } }';
  let poor: StaffedWorld;
  beforeAll(async () => {
    poor = await startStaffed({ settings: { COST_PER_SECOND: '2000', COST_BURST: '60000' } });
    await poor.world.imageServer(null);
    await poor.world.image('followed', { access: 'PUBLIC' });
  });
  afterAll(async () => poor?.world.close());

  it('are told the present state later, and not every step; nobody else waits', async () => {
    const { world: { admin }, people: { peter, anna } } = poor;
    const shown = new Map<string, string>();
    const fields = Array.from({ length: 90 }, (_, at) => `a${at}: description`).join(' ');
    // They share nothing, as each has an alias of its own.
    const sockets = await subscribeMany(peter, STREAMS, (at) => ({ query: `subscription { imageChanged { s${at}: kind image { ${fields} } } }` }));
    for (const { socket } of sockets) {
      socket.on('message', (data: Buffer) => {
        const { id, payload } = JSON.parse(data.toString()) as { id: string; payload?: { data?: { imageChanged: { image: { a0: string } } } } };
        if (payload?.data !== undefined) shown.set(id, payload.data.imageChanged.image.a0);
      });
    }
    await until(async () => (await metric('gateway_subscription_streams', peter.url)) === STREAMS);
    for (let at = 1; at <= CHANGES; at += 1) await admin.run(`mutation { updateImage(input: { name: "followed", description: "${at}" }) { image { name } } }`);
    expect(await peter.code(USABLE)).toBe('RATE_LIMITED');
    expect(await anna.code(USABLE)).toBe('data');
    await until(() => shown.size === STREAMS && [...shown.values()].every((description) => description === String(CHANGES)));
    expect(await metric('gateway_subscription_executions_total', peter.url)).toBeLessThan((STREAMS * CHANGES) / 2);
    expect(sockets.flatMap(({ errors }) => errors)).toEqual([]);
    for (const { socket } of sockets) socket.close();
  });
});
