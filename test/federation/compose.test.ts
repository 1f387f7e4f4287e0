import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../laws/sources.js';
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
  images = { name: 'images', url: `${gateway.url}/graphql`, sdl: projectFile('schema.subgraph.graphql') };
  others.push(await startCompute({}), await startBilling({}, []));
});
afterAll(async () => {
  for (const one of others) await one[Symbol.asyncDispose]();
  await gateway?.stop();
  await folder?.remove();
});

/** The subgraphs of others that docs/federation.md shows. */
const EXAMPLES = [...projectFile('docs/federation.md').matchAll(/^```graphql\n([^]*?)^```$/gm)].map(([, sdl = '']) => sdl);

describe.each(Object.keys(COMPOSERS))('schema.subgraph.graphql, in the composer of %s', (name) => {
  const compose = COMPOSERS[name]!;

  it('composes alone', () => {
    expect(compose([images])).toEqual([]);
  });

  it('composes with subgraphs that extend its types by either key', () => {
    expect(compose([images, ...others])).toEqual([]);
  });

  it('composes with the subgraphs of docs/federation.md', () => {
    expect(EXAMPLES).toHaveLength(2);
    expect(compose([images, ...EXAMPLES.map((sdl, at) => ({ name: `example${at}`, url: 'http://127.0.0.1:1/', sdl }))])).toEqual([]);
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

// What Apollo's subgraph compatibility suite checks, by the names it uses, as far as this schema has it; its own tests ask for the
// schema of its example. @requires and @shareable are asked through routers, in routers.test.ts.
describe('of the compatibility suite of Apollo', () => {
  const entities = async (selection: string, representations: readonly Record<string, string>[]) =>
    (await admin.run(`query ($of: [_Any!]!) { found: _entities(representations: $of) { __typename ${selection} } }`, { of: representations })).found as unknown;

  it('introspection: _service serves the file, to the letter', async () => {
    expect(await admin.run('{ served: _service { sdl } }')).toEqual({ served: { sdl: images.sdl } });
  });

  it('@link: one specification of Federation, with each directive that is applied', () => {
    const links = [...images.sdl.matchAll(/@link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.\d+", import: \[(.+?)\]\)/g)];
    expect(links).toHaveLength(1);
    const applied = new Set([...images.sdl.matchAll(/^(?:type|interface|  \w|  \)).*?(@(?:key|shareable|tag|cost|listSize|external|requires|provides|override|inaccessible)\b)/gm)].map(([, name]) => `"${name}"`));
    expect(links[0]?.[1]?.split(', ')).toEqual(expect.arrayContaining([...applied]));
  });

  it('@tag and @shareable: by their short names', () => {
    expect(images.sdl).toMatch(/@tag\(name: "operator"\)/);
    expect(images.sdl).toMatch(/type PageInfo @shareable/);
    expect(images.sdl).not.toMatch(/@federation__(?:tag|shareable)/);
  });

  it('@key single and repeatable @key: each key leads to the same object', async () => {
    const { viewer } = await admin.run('{ viewer { user { id } } }');
    const { datacenter } = await admin.run('{ datacenter(name: "main") { id } }');
    const found = await entities('... on User { id username } ... on Datacenter { id name }', [
      { __typename: 'User', id: viewer.user.id },
      { __typename: 'User', username: 'admin' },
      { __typename: 'Datacenter', name: 'main' },
      { __typename: 'Datacenter', id: datacenter.id },
    ]);
    const [user, main] = [{ __typename: 'User', id: viewer.user.id, username: 'admin' }, { __typename: 'Datacenter', id: datacenter.id, name: 'main' }];
    expect(found).toEqual([user, user, main, main]);
  });
});
