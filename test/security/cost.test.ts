import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTITIES } from '../../src/entities.js';
import { openDatabase } from '../../src/platform/database/database.js';
import { DATABASE } from '../support/database.js';
import { databaseOf, migratedFolder, GatewayProcess, TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { ask, type Operation, TRANSPORTS } from '../support/transports.js';

/** The highest id, which stands for the size of the catalogue. */
const LARGE = 50_000;
const SLOW = { COST_PER_SECOND: '10', COST_BURST: '3000' };

interface Cost { requested?: number; actual: number; available: number; maximum: number; restoreRate: number; fullInSeconds: number }
interface Running { folder: TemporaryFolder; gateway: GatewayProcess; admin: TestClient; other: TestClient }

/** A gateway whose only image has this id, or that has none; with another user beside admin. */
async function start(lastId: number | null, env: Record<string, string> = {}): Promise<Running> {
  const folder = await migratedFolder();
  const first = await GatewayProcess.start(folder.path);
  const setUp = new TestClient(first.url, first.firstKey);
  await setUp.run('mutation { createUser(input: { username: "other" }) { username } }');
  const { createApiKey: { key } } = await setUp.run('mutation { createApiKey(input: { username: "other", name: "test" }) { key } }');
  await first.stop();
  if (lastId !== null) {
    const database = await openDatabase(databaseOf(folder), ENTITIES);
    await database.em.getConnection().execute(`insert into image (id, uuid, name, alias, alias_key, version, access, owner_id, size_mib, os_type, status, description, search_text, manifest, created_at, updated_at)
      values (${lastId}, '00000000-0000-4000-8000-000000000001', 'last', 'last', 'last', '1', 'PUBLIC', 1, 1, 'LINUX_VM', 'OK', '', 'last', '{}', 0, 0)`, [], 'run');
    await database.close(true);
  }
  const gateway = await GatewayProcess.start(folder.path, env);
  return { folder, gateway, admin: new TestClient(gateway.url, first.firstKey), other: new TestClient(gateway.url, key) };
}

let small: Running;
let large: Running;
const started: Running[] = [];

beforeAll(async () => {
  [small, large] = await Promise.all([start(null), start(LARGE)]);
  started.push(small, large);
});
afterAll(async () => {
  for (const { gateway } of started) await gateway.stop();
  for (const { folder } of started) await folder.remove();
});

async function costOf({ gateway, admin }: Running, query: string, variables: Record<string, unknown> = {}): Promise<Cost> {
  const { errors, extensions } = await ask('http', gateway.url, admin.key, { query, variables });
  expect(errors).toBeUndefined();
  return extensions!.cost as Cost;
}

const SEARCH = 'usableImages(filter: { search: "template number 0" }) { totalCount }';
const HUNDRED = `{ ${Array.from({ length: 100 }, (_, at) => `a${at}: ${SEARCH}`).join(' ')} }`;

describe('what an operation costs', () => {
  it.each(TRANSPORTS)('grows with what it searches and counts, until it is refused over %s', async (transport) => {
    const { errors } = await ask(transport, large.gateway.url, large.other.key, { query: HUNDRED });
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX', cost: expect.any(Number), limit: 100_000 } });
    expect(errors![0]!.extensions.cost).toBeGreaterThan(100_000);
    expect((await ask(transport, small.gateway.url, small.other.key, { query: HUNDRED })).errors).toBeUndefined();
  });

  it.each([
    ['a count', '{ images { totalCount } }'],
    ['a count by way of a fragment', '{ images { ...C } } fragment C on ImageConnection { ... { totalCount } }'],
    ['a search', '{ images(filter: { search: "x" }) { nodes { name } } }'],
    ['a weak filter', '{ images(filter: { osType: [LINUX_VM] }) { nodes { name } } }'],
    ['the count of a datacenter', '{ datacenter(name: "main") { imageCount } }'],
    ['that of bound images', '{ datacenters { nodes { boundImageCount } } }'],
    ['a count within a datacenter', '{ datacenter(name: "main") { usableImages(filter: { dcBound: false }) { totalCount } } }'],
  ])('depends on the size of the catalogue: %s', async (_what, query) => {
    const [few, many] = [await costOf(small, query), await costOf(large, query)];
    expect(many.requested).toBeGreaterThan(5 * few.requested!);
    // Next to nothing was there to be gone through, so next to nothing is charged in the end; a server's time is not as exact.
    expect(many.actual).toBeLessThan(DATABASE === 'sqlite' ? many.requested! / 3 : many.requested! + 500);
  });

  it('does not depend on it where a page is read along its order, or nothing is filtered', async () => {
    for (const query of ['{ images { nodes { name } } }', '{ images(filter: {}) { nodes { name } } }', '{ images(filter: null) { nodes { name } } }', '{ images(filter: { search: "", tags: [], owner: null }) { nodes { name } } }']) {
      expect((await costOf(large, query)).requested).toBe((await costOf(small, '{ images { nodes { name } } }')).requested);
    }
  });

  it('is the same for literals and variables', async () => {
    const page = (declared: string, args: string) => `query ${declared} { usableImages(${args}) { nodes { name } } }`;
    const { requested } = await costOf(large, page('', 'first: 20, filter: { search: "x", tags: ["a", "b"] }'));
    const alike: [string, Record<string, unknown>][] = [
      [page('($f: ImageFilter, $n: Int)', 'first: $n, filter: $f'), { n: 20, f: { search: 'y', tags: ['c', 'd'] } }],
      [page('($s: String, $t: [String!])', 'first: 20, filter: { search: $s, tags: $t }'), { s: 'a longer text', t: ['a', 'b'] }],
      [page('($f: ImageFilter = { search: "x", tags: ["a", "b"] })', 'first: 20, filter: $f'), {}],
    ];
    for (const [query, variables] of alike) expect((await costOf(large, query, variables)).requested, `${query}`).toBe(requested);
    const { requested: plain } = await costOf(large, page('', 'first: 20'));
    for (const f of [null, {}, { search: null }, { search: '', tags: [] }, undefined]) {
      expect((await costOf(large, alike[0]![0], { n: 20, f })).requested, `${JSON.stringify(f)}`).toBe(plain);
    }
    expect((await costOf(large, alike[0]![0], { n: 200, f: null })).requested).toBeGreaterThan(plain!);
    expect((await costOf(large, page('($t: [String!]!)', 'first: 20, filter: { tags: $t }'), { t: ['a', 'b', 'c', 'd'] })).requested).toBeGreaterThan((await costOf(large, page('', 'first: 20, filter: { tags: ["a"] }'))).requested!);
  });

  it('leaves out what is skipped', async () => {
    const query = 'query ($all: Boolean = false) { images { nodes { name } totalCount @include(if: $all) } }';
    const [without, withCount] = [await costOf(large, query), await costOf(large, query, { all: true })];
    expect(withCount.requested).toBeGreaterThan(5 * without.requested!);
    expect((await costOf(large, '{ images { nodes { name } } }')).requested).toBe(without.requested);
  });

  it('counts references, mutations and events', async () => {
    const refs = (count: number) => ({ refs: Array.from({ length: count }, () => ({ __typename: 'Image', name: 'nothing' })) });
    const query = 'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Image { name } } }';
    expect((await costOf(small, query, refs(100))).requested).toBeGreaterThan(3 * (await costOf(small, query, refs(1))).requested!);
    const change = 'mutation ($dryRun: Boolean) { detachImage(input: { image: "last", datacenter: "main", dryRun: $dryRun }) { warnings } }';
    const { errors, extensions } = await ask('http', large.gateway.url, large.admin.key, { query: change, variables: { dryRun: true } });
    expect([errors?.[0]?.extensions.code, (extensions!.cost as Cost).requested! > 100]).toEqual(['NOT_FOUND', true]);
  });
});

/** Sends until the budget is spent; the refusal. */
async function spend(operation: Operation, send: () => ReturnType<typeof ask>): Promise<Awaited<ReturnType<typeof ask>>> {
  for (let at = 0; at < 500; at += 1) {
    const answer = await send();
    if (answer.errors?.[0]?.extensions.code === 'RATE_LIMITED') return answer;
  }
  throw new Error(`Never refused: ${operation.query}`);
}

describe('the budget of a user', () => {
  let slow: Running;
  const page = { query: '{ usableImages(first: 200) { nodes { name } } }' };

  beforeAll(async () => {
    slow = await start(null, SLOW);
    started.push(slow);
  });

  it('is told in every answer, to everybody, with the RateLimit headers of HTTP', async () => {
    const { gateway, other } = slow;
    for (const transport of TRANSPORTS) {
      const { extensions } = await ask(transport, gateway.url, other.key, { query: '{ viewer { user { username } } }' });
      expect(extensions!.cost, `over ${transport}`).toEqual({ requested: 18, actual: expect.any(Number), available: expect.any(Number), maximum: 3000, restoreRate: 10, fullInSeconds: expect.any(Number) });
    }
    const send = async (body: object, accept = 'application/json') => fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${other.key}` }, body: JSON.stringify(body) });
    const bodies: [object, string][] = [
      [{ query: '{ viewer { user { username } } }' }, 'an answer'],
      [{ query: '{ images { totalCount } }' }, 'a refusal of a field'],
      [{ query: '{ nothing }' }, 'what is not valid'],
      [{ query: '{' }, 'what is no document'],
      [{ query: 'query ($n: Int!) { usableImages(first: $n) { totalCount } }' }, 'a missing variable'],
    ];
    for (const [body, what] of bodies) {
      const response = await send(body);
      expect(response.headers.get('ratelimit-policy'), `${what}`).toBe('"cost";q=3000;w=300;qu="cost"');
      expect(response.headers.get('ratelimit'), `${what}`).toMatch(/^"cost";r=\d+;t=\d+$/);
      const { extensions } = (await response.json()) as { extensions: { cost: Cost } };
      expect(response.headers.get('ratelimit'), `${what}`).toContain(`r=${extensions.cost.available};`);
    }
    const stream = await send({ query: '{ viewer { user { username } } }' }, 'text/event-stream');
    expect(stream.headers.get('ratelimit')).toMatch(/^"cost";r=\d+;t=\d+$/);
    await stream.text();
  });

  it('is charged with what is refused, too, and with documents that were never seen', async () => {
    const { gateway, other } = slow;
    const left = async () => ((await ask('http', gateway.url, other.key, { query: '{ __typename }' })).extensions!.cost as Cost).available;
    for (const query of ['{ nothing }', '{', `{ viewer { user { ${'username '.repeat(100)} } } }`]) {
      const before = await left();
      await ask('http', gateway.url, other.key, { query });
      expect(before - (await left()), `${query}`).toBeGreaterThan(60);
    }
  });

  it('refuses when it is spent, over every transport, and says when to come back; others go on', async () => {
    const { gateway, other, admin } = slow;
    const refused = await spend(page, async () => ask('http', gateway.url, other.key, page));
    expect(refused.errors![0]).toMatchObject({
      message: expect.stringMatching(/^The operation costs \d+, and your budget holds -?\d+ of 3000; it refills by 10 a second\. Send it again in \d+ s\.$/),
      extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number), cost: expect.any(Number), available: expect.any(Number), maximum: 3000, restoreRate: 10 },
    });
    for (const transport of TRANSPORTS) {
      const { errors, data } = await ask(transport, gateway.url, other.key, page);
      expect([errors?.[0]?.extensions.code, data ?? null], `over ${transport}`).toEqual(['RATE_LIMITED', null]);
      expect((await ask(transport, gateway.url, admin.key, { query: '{ __typename }' })).errors, `over ${transport}`).toBeUndefined();
    }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${other.key}` };
    for (const accept of ['application/json', 'application/graphql-response+json', 'text/event-stream']) {
      const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { ...headers, accept }, body: JSON.stringify(page) });
      const text = await response.text();
      // A stream has begun before it is known what the operation costs.
      if (text.startsWith('event:') || text.startsWith(':')) continue;
      const { errors: [error], extensions } = JSON.parse(text) as { errors: { extensions: { retryAfter: number } }[]; extensions: { cost: Cost } };
      const { retryAfter } = error!.extensions;
      expect([response.status, response.headers.get('retry-after')], `${accept}`).toEqual([429, String(retryAfter)]);
      expect(response.headers.get('ratelimit'), `${accept}`).toMatch(new RegExp(`^"cost";r=\\d+;t=${retryAfter}$`));
      expect(extensions.cost, `${accept}`).toMatchObject({ maximum: 3000, restoreRate: 10 });
    }
  });

  it('refills', async () => {
    const { gateway, other } = slow;
    const { errors } = await spend(page, async () => ask('http', gateway.url, other.key, page));
    const until = Date.now() + 20_000;
    let answer = await ask('http', gateway.url, other.key, { query: '{ __typename }' });
    expect(errors![0]!.extensions.retryAfter).toBeLessThan(60);
    while (answer.errors !== undefined && Date.now() < until) answer = await ask('http', gateway.url, other.key, { query: '{ __typename }' });
    expect(answer.data).toEqual({ __typename: 'Query' });
  });
});

describe('the events of a subscription', () => {
  it('are charged to the budget of who reads them, once for a stream and a little for each reader', async () => {
    const running = await start(1, SLOW);
    started.push(running);
    const { gateway, admin, other } = running;
    const client = other.socket();
    const left = async () => ((await ask('http', gateway.url, other.key, { query: '{ __typename }' })).extensions!.cost as Cost).available;
    const streams = Array.from({ length: 5 }, () => client.iterate({ query: 'subscription { imageChanged { kind image { name owner { username } } } }' }));
    const firsts = streams.map(async (stream) => stream.next());
    while (!/gateway_subscription_readers 5/.test(await (await fetch(`${gateway.url}/metrics`)).text())) await left();
    const before = await left();
    await admin.run('mutation { attachImage(input: { image: "last", datacenter: "main" }) { bindingRemoved } }');
    const [first] = await Promise.all(firsts);
    const { cost } = (first!.value as { extensions: { cost: Cost } }).extensions;
    expect(cost).toMatchObject({ requested: expect.any(Number), available: expect.any(Number), maximum: 3000 });
    const after = await left();
    // Two times __typename, the event once, and five readers.
    expect(before - after).toBeGreaterThan(cost.requested! + 15);
    expect(before - after).toBeLessThan(3 * cost.requested! + 60);
    await client.dispose();
  });
});

describe('without a budget', () => {
  it('answers tell their cost alone, and nobody is limited', async () => {
    const free = await start(null, { COST_PER_SECOND: '0', COST_BURST: '1' });
    started.push(free);
    const response = await fetch(`${free.gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${free.other.key}` }, body: '{"query":"{ viewer { user { username } } }"}' });
    expect([response.status, response.headers.get('ratelimit'), response.headers.get('ratelimit-policy')]).toEqual([200, null, null]);
    expect(await response.json()).toMatchObject({ extensions: { cost: { requested: 18 } } });
  });
});
