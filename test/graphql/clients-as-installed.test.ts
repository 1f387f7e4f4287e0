import { mkdir, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { cacheExchange, Client as UrqlClient, fetchExchange } from '@urql/core';
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

describe('a WebSocket whose token expires', () => {
  it('is closed without an error, and a stock client goes on with a new token', async () => {
    const closes: number[] = [];
    const errors: unknown[] = [];
    const events: unknown[] = [];
    // Valid for a moment more by the tolerance for clocks; the next one is good.
    const tokens = [await tokenFor(-9), await tokenFor(600)];
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: () => ({ authorization: `Bearer ${tokens.length > 1 ? tokens.shift() : tokens[0]}` }),
      on: { closed: (event) => closes.push((event as { code: number }).code) },
    });
    let change = 0;
    client.subscribe({ query: 'subscription { taskChanged { action } }' }, { next: ({ data }) => events.push(data), error: (error) => errors.push(error), complete: () => undefined });
    await expect.poll(() => closes, { timeout: 20_000 }).toEqual([4403]);
    // The client waits a moment before it connects again: change until its stream has it.
    await expect
      .poll(async () => {
        await admin.run(`mutation { updateDatacenter(input: { name: "main", description: "change ${(change += 1)}" }) { name } }`);
        return events.length;
      }, { timeout: 20_000, interval: 200 })
      .toBeGreaterThan(0);
    expect({ closes, errors }).toEqual({ closes: [4403], errors: [] });
    await client.dispose();
  });

  it('is closed with 4403 at once when the token has expired before, and with 4401 when it is no good', async () => {
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
