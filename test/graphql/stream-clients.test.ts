import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const QUERY = 'subscription Changes { taskChanged { action status } }';

interface Told {
  action: string;
  status: string;
}

interface Followed {
  events: unknown[];
  errors: unknown[];
  ended: Promise<void>;
  stop: () => void;
}
/** A follower of QUERY by one client library. */
type Follow = (url: string, key: string, query?: string) => Followed;

function collector(): Followed & { next: (event: unknown) => void; fail: (error: unknown) => void; end: () => void } {
  const [events, errors] = [[] as unknown[], [] as unknown[]];
  const { promise, resolve } = Promise.withResolvers<void>();
  return { events, errors, ended: promise, stop: resolve, next: (event) => void events.push(event), fail: (error) => (errors.push(error), resolve()), end: resolve };
}

const wsClient = (url: string, key: string) =>
  createWsClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: `Bearer ${key}` } });

const CLIENTS: Record<string, Follow> = {
  'graphql-ws': (url, key, query = QUERY) => {
    const followed = collector();
    const client = wsClient(url, key);
    client.subscribe({ query }, { next: ({ data, errors }) => (errors ? followed.fail(errors) : followed.next(data?.taskChanged)), error: followed.fail, complete: followed.end });
    return { ...followed, stop: () => void client.dispose() };
  },
  'graphql-sse': (url, key, query = QUERY) => {
    const followed = collector();
    const client = createSseClient({ url: `${url}/graphql`, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });
    client.subscribe(
      { query },
      { next: ({ data, errors }) => (errors ? followed.fail(errors) : followed.next(data?.taskChanged)), error: followed.fail, complete: followed.end },
    );
    return { ...followed, stop: () => client.dispose() };
  },
  'Apollo Client': (url, key, query = QUERY) => {
    const followed = collector();
    const sockets = wsClient(url, key);
    const client = new ApolloClient({ link: new GraphQLWsLink(sockets), cache: new InMemoryCache() });
    const subscription = client.subscribe<{ taskChanged: unknown }>({ query: gql(query), fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data, error }) => (error ? followed.fail(error) : followed.next(data?.taskChanged)),
      error: followed.fail,
      complete: followed.end,
    });
    return { ...followed, stop: () => (subscription.unsubscribe(), void sockets.dispose()) };
  },
  'Apollo Client over HTTP, in parts': (url, key, query = QUERY) => {
    const followed = collector();
    const link = new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${key}` } });
    const subscription = new ApolloClient({ link, cache: new InMemoryCache() }).subscribe<{ taskChanged: unknown }>({ query: gql(query), fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data, error }) => (error ? followed.fail(error) : followed.next(data?.taskChanged)),
      error: followed.fail,
      complete: followed.end,
    });
    return { ...followed, stop: () => subscription.unsubscribe() };
  },
  'urql over SSE': (url, key, query = QUERY) => {
    const followed = collector();
    const fetchOptions = { headers: { authorization: `Bearer ${key}` } };
    const client = new UrqlClient({ url: `${url}/graphql`, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions, preferGetMethod: false });
    const { unsubscribe } = client.subscription(query, {}).subscribe(({ data, error }) => (error ? followed.fail(error) : followed.next(data?.taskChanged)));
    return { ...followed, stop: unsubscribe };
  },
  'urql over WebSocket': (url, key, query = QUERY) => {
    const followed = collector();
    const sockets = wsClient(url, key);
    const forward = subscriptionExchange({
      forwardSubscription: ({ query: text = '', variables }) => ({
        subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query: text, variables: variables ?? {} }, sink as never) }),
      }),
    });
    const client = new UrqlClient({ url: `${url}/graphql`, exchanges: [forward], preferGetMethod: false });
    const { unsubscribe } = client.subscription(query, {}).subscribe(({ data, error }) => (error ? followed.fail(error) : followed.next(data?.taskChanged)));
    return { ...followed, stop: () => (unsubscribe(), void sockets.dispose()) };
  },
};

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

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function subscribers(): Promise<number> {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  return [...metrics.matchAll(/^gateway_operations_total\{.*kind="subscription".*outcome="OK"\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

let datacenters = 0;
/** Leaves one task in the log: DATACENTER_CREATE, SUCCEEDED. */
const change = () => admin.run(`mutation { createDatacenter(input: { name: "dc${(datacenters += 1)}" }) { name } }`);

describe.each(Object.entries(CLIENTS))('%s', (_name, follow) => {
  it('follows a subscription', async () => {
    const before = await subscribers();
    const followed = follow(gateway.url, admin.key!);
    let now = before;
    while (now === before) now = await subscribers();
    await change();
    await change();
    await until(() => followed.events.length >= 2);
    followed.stop();
    const events = followed.events.map((event) => `${(event as Told).action} ${(event as Told).status}`);
    expect(events).toEqual(['DATACENTER_CREATE SUCCEEDED', 'DATACENTER_CREATE SUCCEEDED']);
    expect(followed.errors).toEqual([]);
  });

  it('is told why a subscription is refused', async () => {
    const followed = follow(gateway.url, admin.key!, 'subscription { imageChanged(datacenter: "nowhere") { name } }');
    await followed.ended;
    followed.stop();
    expect(JSON.stringify(followed.errors.map((error) => (error as { errors?: unknown }).errors ?? error ?? ''))).toMatch(/There is no datacenter/);
  });
});

describe('queries beside subscriptions', () => {
  it('go over plain HTTP with Apollo Client, which takes any answer type', async () => {
    const link = new HttpLink({ uri: `${gateway.url}/graphql`, headers: { authorization: `Bearer ${admin.key}` } });
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const { data } = await client.query<{ viewer: { user: { username: string } } }>({ query: gql('{ viewer { user { username } } }') });
    expect(data!.viewer.user.username).toBe('admin');
  });

  it('go over plain HTTP with urql, whose Accept names streams too', async () => {
    const fetchOptions = { headers: { authorization: `Bearer ${admin.key}` } };
    const client = new UrqlClient({ url: `${gateway.url}/graphql`, exchanges: [fetchExchange], fetchOptions, preferGetMethod: false });
    const { data, error } = await client.query('{ viewer { user { username } } }', {}).toPromise();
    expect(error).toBeUndefined();
    expect(data.viewer.user.username).toBe('admin');
  });
});
