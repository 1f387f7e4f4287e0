import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient, withCompiledOperations } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

withCompiledOperations();

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh({ ALLOWED_ORIGINS: 'https://cloud.example' }));
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

const QUERY = JSON.stringify({ query: '{ viewer { user { username } } }' });
const json = { 'content-type': 'application/json' };
const signedIn = (): Record<string, string> => ({ ...json, authorization: `Bearer ${admin.key}` });
const post = (headers: Record<string, string>, body: string, path = '/graphql') => fetch(`${gateway.url}${path}`, { method: 'POST', headers, body });

describe('every answer of /graphql is never stored, and taken for what it says it is', () => {
  const requests: [what: string, status: number, send: () => Promise<Response>][] = [
    ['a query', 200, () => post(signedIn(), QUERY)],
    ['a query with errors', 200, () => post(signedIn(), JSON.stringify({ query: '{ server(hostname: "x", uuid: "y") { uuid } }' }))],
    ['nobody', 401, () => post(json, QUERY)],
    ['a bad token', 401, () => post({ ...json, authorization: 'Bearer x' }, QUERY)],
    ['no JSON', 400, () => post(signedIn(), '{')],
    ['another type', 415, () => post({ ...signedIn(), 'content-type': 'text/csv' }, 'x')],
    ['too much', 413, () => post(signedIn(), 'x'.repeat(1_100_000))],
    ['no query', 400, () => post(signedIn(), '{}')],
    ['a persisted query that is not known', 200, () => post(signedIn(), JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }))],
    ['an unknown field', 400, () => post({ ...signedIn(), accept: 'application/graphql-response+json' }, JSON.stringify({ query: '{ nothing }' }))],
    ['GET', 200, () => fetch(`${gateway.url}/graphql?query=%7B__typename%7D`, { headers: { ...signedIn(), 'apollo-require-preflight': '1' } })],
    ['HEAD', 0, () => fetch(`${gateway.url}/graphql`, { method: 'HEAD' })],
    ['DELETE', 405, () => fetch(`${gateway.url}/graphql`, { method: 'DELETE' })],
    ['a preflight', 204, () => fetch(`${gateway.url}/graphql`, { method: 'OPTIONS', headers: { origin: 'https://cloud.example', 'access-control-request-method': 'POST' } })],
    ['a path below', 404, () => post(signedIn(), QUERY, '/graphql/x')],
    ['a path in between', 400, () => post(signedIn(), QUERY, '/graphql/%zz')],
    ['a stream', 200, () => post({ ...signedIn(), accept: 'text/event-stream' }, QUERY)],
    ['a stream of nobody', 401, () => post({ ...json, accept: 'text/event-stream' }, QUERY)],
    ['a stream for a foreign page', 403, () => post({ ...signedIn(), accept: 'text/event-stream', origin: 'https://evil.example' }, QUERY)],
  ];

  it.each(requests)('%s', async (_what, status, send) => {
    const response = await send();
    expect(status === 0 ? status : response.status).toBe(status);
    expect([response.headers.get('x-content-type-options'), response.headers.get('cache-control')]).toEqual(['nosniff', 'no-store']);
    await response.body?.cancel();
  });

  it('a query that comes again, with every header once', async () => {
    const seen = [];
    for (let time = 0; time < 5; time += 1) {
      const { headers } = await post({ ...signedIn(), accept: 'application/json' }, QUERY);
      // Where an answer may be read from is told to pages alone.
      const ofPages = /^(?:date|x-request-id|vary|access-control-.*)$/;
      // What is left of the budget differs, and the length of the answer with it.
      const ofBudget = /^(?:ratelimit|content-length)$/;
      seen.push(Object.fromEntries([...headers].filter(([name]) => !ofPages.test(name)).map(([name, value]) => [name, ofBudget.test(name) ? 'given' : value])));
    }
    expect(seen[0]).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    for (const headers of seen) expect(headers).toEqual(seen[0]);
  });
});

describe('every other answer is taken for what it says it is', () => {
  it.each(['/livez', '/readyz', '/metrics', '/graphiql', '/graphiql/', '/graphiql/none', '/imgapi/ping', '/imgapi/images', '/imgapi/nowhere', '/nowhere', '/%zz'])('%s', async (path) => {
    const response = await fetch(`${gateway.url}${path}`, { redirect: 'manual' });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await response.body?.cancel();
  });

  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400],
    ['no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
    ['a WebSocket elsewhere', 'GET /x HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n', 404],
    ['a WebSocket of a foreign page', 'GET /graphql HTTP/1.1\r\nhost: x\r\norigin: https://evil.example\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n', 403],
    ['a WebSocket without a key', 'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n', 400],
  ])('%s', async (_what, bytes, status) => {
    const answer = await sendRaw(gateway.url, bytes);
    expect([answer.status, answer.headers['x-content-type-options']]).toEqual([status, 'nosniff']);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
  });
});

it('the page of GraphiQL runs its own scripts alone, in no frame, and tells nobody where it was', async () => {
  const { headers } = await fetch(`${gateway.url}/graphiql/`);
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';.*frame-ancestors 'none'/);
});

it('/livez and /readyz say that they are well, and nothing else', async () => {
  for (const path of ['/livez', '/readyz']) expect(await (await fetch(`${gateway.url}${path}`)).text()).toBe('{"status":"ok"}');
});
