import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { codesOf, sendRaw } from '../support/raw-http.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh({ REQUEST_TIMEOUT: '2' }));
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

const audits = serverAudits({
  url: () => `${gateway.url}/graphql`,
  // Signed in, and past CSRF prevention, which refuses what a page of somebody else could send.
  fetchFn: (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${admin.key}`, 'apollo-require-preflight': 'true' } }),
});

describe('GraphQL over HTTP', () => {
  it('has the 61 audits that the specification is checked with', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$id $name', async ({ fn }) => {
    const result = await fn();
    expect(result.status === 'ok' ? 'ok' : `${result.reason}`).toBe('ok');
  });
});

/** A request by hand; `lines` come after the request line. */
function request(first: string, lines: readonly string[], body = ''): string {
  return `${[first, ...lines, `content-length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;
}

const JSON_TYPE = 'content-type: application/json';
const QUERY = '{"query":"{ __typename }"}';

describe('an error of the HTTP layer is in the one shape, with its code', () => {
  it.each([
    ['a Host that is none', () => request('POST /graphql HTTP/1.1', ['host: <bad host>', JSON_TYPE], QUERY), 400, 'BAD_REQUEST'],
    ['no Host', () => request('POST /graphql HTTP/1.1', [JSON_TYPE], QUERY), 400, 'BAD_REQUEST'],
    ['bytes that are no request', () => 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
    ['an unknown method', () => 'BREW /graphql HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'BAD_REQUEST'],
    ['a path that cannot be decoded', () => request('GET /%ff%zz HTTP/1.1', ['host: x']), 400, 'BAD_REQUEST'],
    ['headers of more than 16 KiB', () => request('GET /graphql HTTP/1.1', ['host: x', `x-large: ${'x'.repeat(20_000)}`]), 431, 'HEADERS_TOO_LARGE'],
    ['JSON that is none', () => request('POST /graphql HTTP/1.1', ['host: x', JSON_TYPE], '{"query":'), 400, 'BAD_REQUEST'],
    ['a body of more than 1 MiB', () => request('POST /graphql HTTP/1.1', ['host: x', JSON_TYPE], `{"query":"${'x'.repeat(1_100_000)}"}`), 413, 'PAYLOAD_TOO_LARGE'],
    ['a content type that is none of ours', () => request('POST /graphql HTTP/1.1', ['host: x', 'content-type: application/xml'], '<query/>'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a method that GraphQL has not', () => request('DELETE /graphql HTTP/1.1', ['host: x']), 405, 'METHOD_NOT_ALLOWED'],
    ['a place that is not there', () => request('GET /nowhere HTTP/1.1', ['host: x']), 404, 'NOT_FOUND'],
    ['a body that does not come', () => `POST /graphql HTTP/1.1\r\nhost: x\r\n${JSON_TYPE}\r\ncontent-length: 100\r\n\r\n{`, 408, 'REQUEST_TIMEOUT'],
  ])('%s', async (_what, bytes, status, code) => {
    const answer = await sendRaw(gateway.url, bytes());
    expect({ status: answer.status, codes: codesOf(answer.body) }).toEqual({ status, codes: [code] });
  });

  it('names the methods that a place has', async () => {
    const { headers } = await sendRaw(gateway.url, request('PUT /graphql HTTP/1.1', ['host: x']));
    expect(headers.allow).toBe('GET, POST');
  });
});

describe('a request that is not GraphQL', () => {
  const signedIn = () => ({ authorization: `Bearer ${admin.key}`, 'content-type': 'application/json' });

  it.each([
    ['a batch', '[{"query":"{ __typename }"}]', 'BAD_REQUEST'],
    ['no query', '{"operationName":"x"}', 'BAD_REQUEST'],
    ['a query that is a number', '{"query":1}', 'BAD_REQUEST'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[1]}', 'BAD_REQUEST'],
    ['a persisted query of another version', '{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"ab"}}}', 'BAD_REQUEST'],
    ['a persisted query that is null', '{"extensions":{"persistedQuery":null}}', 'BAD_REQUEST'],
    ['a hash that is not that of the query', '{"query":"{ __typename }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}', 'BAD_REQUEST'],
    ['a hash that nobody has sent', '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}', 'PERSISTED_QUERY_NOT_FOUND'],
    ['an operation that is not in the document', '{"query":"query a { __typename }","operationName":"b"}', 'OPERATION_RESOLUTION_FAILURE'],
  ])('%s', async (_what, body, code) => {
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: signedIn(), body });
    expect(codesOf(await response.text())).toEqual([code]);
    const stream = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { ...signedIn(), accept: 'text/event-stream' }, body });
    // What a stream knows before it begins is a plain answer; what it finds in the operation is its first event.
    const text = await stream.text();
    expect(codesOf(text.startsWith('{') ? text : /data: (\{.*\})/.exec(text)![1]!)).toEqual([code]);
  });
});

describe('faults of variables', () => {
  it('are told all at once, each with its path, and without the names of what would fit', async () => {
    const query = 'mutation ($input: CreateDatacenterInput!, $n: Int!) { createDatacenter(input: $input) { images(first: $n) { totalCount } } }';
    const { errors } = await admin.send(query, { input: { nam: 'x', access: 'PUBLICC', groups: [1] } });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.extensions.code).toBe('BAD_USER_INPUT');
    const fields = errors[0]!.extensions.fields as { path: string; message: string }[];
    expect(fields.map(({ path }) => path).sort()).toEqual(['access', 'first', 'groups.0', 'nam', 'name']);
    expect(JSON.stringify(errors)).not.toMatch(/did you mean/i);
  });

  it('are found, too, where a null hides behind a default', async () => {
    const { errors } = await admin.send('query ($name: String = "main") { datacenter(name: $name) { name } }', { name: null });
    expect(errors[0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'name' }] });
  });
});
