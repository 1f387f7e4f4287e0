import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { startBilling } from './billing.js';
import { COMPOSERS, type Service } from './compose.js';
import { startCompute } from './compute.js';

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let images: Service;
const others: (Service & AsyncDisposable)[] = [];

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
  const { _service } = await admin.run('{ _service { sdl } }');
  images = { name: 'images', url: `${gateway.url}/graphql`, sdl: _service.sdl };
  others.push(await startCompute({}), await startBilling({}, []));
});
afterAll(async () => {
  for (const one of others) await one[Symbol.asyncDispose]();
  await gateway?.stop();
  await folder?.remove();
});

describe.each(Object.keys(COMPOSERS))('what _service serves, in the composer of %s', (name) => {
  const compose = COMPOSERS[name]!;

  it('composes alone', () => {
    expect(compose([images])).toEqual([]);
  });

  it('composes with subgraphs that extend its types by either key', () => {
    expect(compose([images, ...others])).toEqual([]);
  });

  it('is a composer that notices a subgraph which contradicts it', () => {
    const wrong = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"]) type Image @key(fields: "name") { name: Int! size: String! }';
    expect(compose([images, { name: 'wrong', url: 'http://127.0.0.1:1/', sdl: wrong }])).not.toEqual([]);
  });
});

it('asks for a signed-in caller before it serves the SDL', async () => {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  expect([response.status, await response.json()]).toMatchObject([401, { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
});
