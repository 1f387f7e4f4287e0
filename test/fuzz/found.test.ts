import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { sendCase } from './send.js';

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

describe('what fuzzing has found stays mended', () => {
  it('a NUL in a text is refused, given as a variable or as a literal; a reference with one finds nothing', async () => {
    const queries = [
      ['mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: 'a\0b' }],
      ['mutation ($input: DeleteImageInput!) { deleteImage(input: $input) { name } }', { input: { name: '\0' } }],
      ['{ image(name: "a\\u0000") { name } }', {}],
    ] as const;
    for (const [query, variables] of queries) expect([query, await admin.code(query, variables)]).toEqual([query, expect.stringMatching(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/)]);
    const references = [{ __typename: 'Image', name: 'a\0' }, { __typename: 'User', username: 'admin' }];
    const found = await admin.run('query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }', { r: references });
    expect(found).toEqual({ _entities: [null, { __typename: 'User' }] });
  });

  it('a subscription to nothing is refused before it is begun', async () => {
    const bodies = ['subscription { taskChanged @skip(if: true) { id } }', 'subscription { ...A @include(if: false) } fragment A on Subscription { taskChanged { id } }'];
    for (const query of bodies) {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
      const { texts } = await sendCase(gateway.url, admin.key, { way: 'http', as: 'admin', method: 'POST', path: '/graphql', headers, bytes: JSON.stringify({ query }), isStream: true });
      expect(texts.join('')).toContain('GRAPHQL_VALIDATION_FAILED');
    }
  });

  it('a subscription without a stream is refused, however often it comes', async () => {
    const query = 'subscription { imageChanged { kind image { name } } }';
    for (let at = 0; at < 4; at += 1) expect(await admin.code(query)).toBe('BAD_REQUEST');
    expect(gateway.output()).not.toMatch(/"level":50/);
  });

  it('a message that only servers send closes the socket as the fault of the client', async () => {
    const frames = ['{"type":"next","id":"1","payload":{}}'];
    expect(await sendCase(gateway.url, admin.key, { way: 'websocket', as: 'admin', frames, isBinary: false })).toMatchObject({ status: 4400 });
  });

  it('a request that the image server cannot read is the fault of the client', async () => {
    const bytes = 'POST /imgapi/images HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello';
    const { status } = await sendCase(gateway.url, null, { way: 'socket', as: null, bytes });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});
