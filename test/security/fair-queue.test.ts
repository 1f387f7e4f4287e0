import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventLoopQueue } from '../../src/platform/scheduling/event-loop-queue.js';
import { type PersonaWorld, startPersonas } from '../access/personas.js';
import type { World } from '../support/world.js';

describe('work that holds the event loop', () => {
  it('begins one piece for each round of the loop, users in turn', async () => {
    const queue = new EventLoopQueue();
    const order: string[] = [];
    const ask = async (user: string): Promise<void> => {
      await queue.wait(user);
      order.push(user);
    };
    const all = [...Array.from({ length: 50 }, () => ask('greedy')), ask('other'), ask('third')];
    await Promise.all(all.slice(50));
    // Whoever came last waited for one piece of the greedy one, and of each other.
    expect(order.slice(0, 3)).toEqual(['greedy', 'other', 'third']);
    await Promise.all(all);
    expect(order).toHaveLength(52);
  });

  it('lets everything else have a turn in between', async () => {
    const queue = new EventLoopQueue();
    let begun = 0;
    const all = Array.from({ length: 20 }, async () => {
      await queue.wait('greedy');
      begun += 1;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBeLessThanOrEqual(2);
    await Promise.all(all);
    expect(begun).toBe(20);
  });

  it('waits within a bound', async () => {
    const queue = new EventLoopQueue({ waitingPerUser: 100 });
    // One of them has its turn at once.
    const all = Array.from({ length: 102 }, async () => queue.wait('greedy').then(() => 'begun', (error: { code: string }) => error.code));
    const outcomes = await Promise.all(all);
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(1);
  });
});

describe('a large body', () => {
  let world: World;
  let clients: PersonaWorld['clients'];
  beforeAll(async () => {
    ({ world, clients } = await startPersonas());
  });
  afterAll(async () => world?.close());

  const crowd = (names: number): Record<string, number> => Object.fromEntries(Array.from({ length: names }, (_, at) => [`name${at}`, at]));
  const send = async (headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    return { status: response.status, text: await response.text() };
  };

  it('is not parsed for who is not signed in', async () => {
    const broken = `{"query":"{ viewer { user { username } } }","variables":{${'"a":1,'.repeat(20_000)}`;
    // Whoever reads it finds that it is no JSON.
    for (const headers of [{}, { authorization: 'Bearer nothing' }]) {
      const { status, text } = await send(headers as Record<string, string>, broken);
      expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    expect((await send({ authorization: `Bearer ${clients.U.key}` }, broken)).status).toBe(400);
  });

  it('with thousands of names in an input object is refused for their number', async () => {
    const query = 'query ($filter: ImageFilter) { usableImages(datacenter: "north", filter: $filter) { nodes { name } } }';
    const { errors } = await clients.U.send(query, { filter: crowd(20_000) });
    expect(errors[0]).toMatchObject({ message: expect.stringMatching(/^filter: ImageFilter has \d+ fields, and 20000 were given\.$/), extensions: { code: 'BAD_USER_INPUT' } });
    const input = { name: 'x', permissions: [], users: [], datacenters: [], ...crowd(5000) };
    expect((await clients.S.send('mutation ($input: CreateGroupInput!) { createGroup(input: $input) { name } }', { input })).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
