import { mkdir, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { cacheExchange, Client as UrqlClient, fetchExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../../src/platform/http/http.js';
import { debianProgram } from '../support/debian-program.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

const SECRET = 'a secret of more than thirty-two bytes';
const ORIGIN = 'https://cloud.example';
const ME = '{ viewer { user { username } } }';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh({ AUTH_JWT_SECRET: SECRET, ALLOWED_ORIGINS: ORIGIN }));
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

const tokenFor = (seconds: number) =>
  new SignJWT({ sub: 'admin', exp: Math.floor(Date.now() / 1000) + seconds }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));

describe('a client with its defaults', () => {
  it('urql: queries by GET with no header but Authorization', async () => {
    const methods: (string | undefined)[] = [];
    const client = new UrqlClient({
      url: `${gateway.url}/graphql`,
      exchanges: [cacheExchange, fetchExchange],
      preferGetMethod: 'within-url-limit',
      fetch: async (url, init) => (methods.push(init?.method), fetch(url, init)),
      fetchOptions: { headers: { authorization: `Bearer ${admin.key}` } },
    });
    const { data, error } = await client.query(ME, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data).toMatchObject({ viewer: { user: { username: 'admin' } } });
    expect(methods).toEqual(['GET']);
  });

  it('Apollo Client: tells its name and version', async () => {
    const link = new HttpLink({ uri: `${gateway.url}/graphql`, headers: { authorization: `Bearer ${admin.key}` } });
    const client = new ApolloClient({ link, cache: new InMemoryCache(), clientAwareness: { name: 'console', version: '1' } });
    expect((await client.query({ query: gql(ME) })).data).toMatchObject({ viewer: { user: { username: 'admin' } } });
  });
});

describe('a request without a valid token', () => {
  it('is answered with the scheme to sign in with, in parts and as events too', async () => {
    for (const accept of ['application/json', 'text/event-stream', 'multipart/mixed;subscriptionSpec=1.0']) {
      const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { accept, 'content-type': 'application/json', authorization: 'Bearer no' }, body: JSON.stringify({ query: ME }) });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });
});

describe('several operations in one request', () => {
  it('are refused with what to do instead', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${admin.key}` };
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify([{ query: ME }, { query: ME }]) });
    const { errors } = (await response.json()) as { errors: unknown[] };
    expect([response.status, errors]).toEqual([400, [{ message: 'Several operations in one request are not accepted: send each in a request of its own.', extensions: { code: 'BAD_REQUEST' } }]]);
  });
});

describe('a page of an allowed origin', () => {
  it.each([
    ['Apollo Client', 'apollographql-client-name,apollographql-client-version,authorization,content-type'],
    ['other GraphQL clients', 'authorization,graphql-client-name,graphql-client-version,x-requested-with'],
    ['Sentry and OpenTelemetry', 'authorization,baggage,content-type,sentry-trace,traceparent,tracestate'],
  ])('may send what %s adds', async (_who, wanted) => {
    const headers = { origin: ORIGIN, 'access-control-request-method': 'POST', 'access-control-request-headers': wanted };
    const { headers: answer } = await fetch(`${gateway.url}/graphql`, { method: 'OPTIONS', headers });
    const allowed = new Set((answer.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/));
    expect(wanted.split(',').filter((name) => !allowed.has(name))).toEqual([]);
  });
});

describe('a token that expires', () => {
  /** The first one expires within two seconds, by the tolerance for clocks; the next ones are good. */
  async function tokens(): Promise<() => { authorization: string }> {
    const left = [await tokenFor(-8), await tokenFor(600)];
    return () => ({ authorization: `Bearer ${left.length > 1 ? left.shift() : left[0]}` });
  }

  it('closes a WebSocket without an error and leaves a stream of events without its end, and stock clients go on with a new one', async () => {
    const told: Record<'socket' | 'stream', string[]> = { socket: [], stream: [] };
    const sink = (of: string[]) => ({
      next: ({ errors }: { errors?: readonly { extensions?: Record<string, unknown> }[] }) => void of.push(String(errors?.[0]?.extensions?.['code'] ?? 'event')),
      error: (error: unknown) => void of.push(`error ${String(error)}`),
      complete: () => void of.push('complete'),
    });
    const socket = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: await tokens(),
      on: { closed: (event) => told.socket.push(String((event as { code: number }).code)) },
    });
    const stream = createSseClient({ url: `${gateway.url}/graphql`, headers: await tokens() });
    const query = 'subscription { taskChanged { action } }';
    socket.subscribe({ query }, sink(told.socket));
    stream.subscribe({ query }, sink(told.stream));
    let change = 0;
    const changed = async (): Promise<string[]> => {
      await admin.run(`mutation { updateDatacenter(input: { name: "main", description: "change ${(change += 1)}" }) { name } }`);
      // How often an event came does not matter. On a slow machine the first token of the stream may be refused before it opens.
      return [told.socket, told.stream].map((of) => of.filter((word, at) => word !== of[at - 1]).join(' ').replace(/^event /, ''));
    };
    await expect.poll(changed, { timeout: 30_000, interval: 200 }).toEqual(['4403 event', expect.stringMatching(/^(UNAUTHENTICATED )?event$/)]);
    socket.dispose();
    stream.dispose();
  }, 60_000);

  it('closes a WebSocket with 4403 at once when it has expired before, and with 4401 when it is no good', async () => {
    const codeFor = async (authorization: string): Promise<unknown> => {
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })));
      return (await once(socket, 'close'))[0];
    };
    expect(await codeFor(`Bearer ${await tokenFor(-60)}`)).toBe(4403);
    expect(await codeFor('Bearer nonsense')).toBe(4401);
  });
});

describe('behind nginx', () => {
  /** Runs nginx with that location; answers the port, and the function that stops it. */
  async function nginx(program: string, location: string): Promise<{ port: number; stop: () => Promise<void> }> {
    const port = await freePort('127.0.0.1');
    const at = join(folder.path, `nginx-${port}`);
    await mkdir(join(at, 'logs'), { recursive: true });
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${at}/${name};`).join(' ');
    await writeFile(join(at, 'nginx.conf'), `daemon off; pid ${at}/pid; error_log stderr; events {} http { access_log off; ${temporary} server { listen 127.0.0.1:${port}; location / { proxy_pass ${gateway.url}; ${location} } } }`);
    const server = spawn(program, ['-p', at, '-c', join(at, 'nginx.conf')], { stdio: 'ignore' });
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => null))?.status, { timeout: 10_000 }).toBe(200);
    return { port, stop: async () => void (server.kill(), await once(server, 'exit')) };
  }

  it('a stream works when only the upgrade is forwarded, and a plain proxy is told what it lacks', async (context) => {
    const program = await debianProgram('nginx', '/usr/sbin/nginx');
    if (program === null) return context.skip('nginx is not installed, and apt-get cannot download the package "nginx"');
    const [forwarding, bare] = [await nginx(program, 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'), await nginx(program, '')];
    const client = createClient({ url: `ws://127.0.0.1:${forwarding.port}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${admin.key}` } });
    const { value } = await client.iterate({ query: ME }).next();
    expect(value).toMatchObject({ data: { viewer: { user: { username: 'admin' } } } });
    const refused = new WebSocket(`ws://127.0.0.1:${bare.port}/graphql`, 'graphql-transport-ws');
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).toBe(426);
    expect(await new Response(response).text()).toContain('proxy_set_header Upgrade');
    refused.on('error', () => undefined).terminate();
    await client.dispose();
    await Promise.all([forwarding.stop(), bare.stop()]);
  });
});
