import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../laws/sources.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { COMPOSERS, type Service, supergraphOf } from './compose.js';
import { CRM_SDL, startCrm } from './crm.js';
import { FOLLOWING, type LiveRouter, PLANNERS, type Router, startApolloGateway, startHiveGateway } from './gateways.js';
import type { Subgraph } from './subgraph.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = 'examples/rename-root-fields.ts';
const SDL = projectFile('schema.subgraph.graphql');
const NAMES = ['node=imageNode', 'nodes=', 'users=imageUsers', 'viewer=imageViewer', 'createUser=createImageUser', 'taskChanged=imageTaskChanged'];

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let work: TemporaryFolder;
let crm: Subgraph;
let proxy: ChildProcess;
let renamed: Service;
const routers: Record<string, Router> = {};
let live: LiveRouter;

async function renameInSchema(names: readonly string[]): Promise<string> {
  const running = promisify(execFile)(process.execPath, [SCRIPT, 'sdl', ...names], { cwd: ROOT, maxBuffer: 10_000_000 });
  running.child.stdin?.end(SDL);
  return (await running).stdout;
}

async function startProxy(): Promise<string> {
  proxy = spawn(process.execPath, [SCRIPT, 'serve', ...NAMES], { cwd: ROOT, env: { PATH: process.env['PATH'], GATEWAY_URL: gateway.url, PORT: '0' } });
  const [line] = (await once(proxy.stdout!, 'data')) as [Buffer];
  return /http\S+/.exec(line.toString())![0];
}

/** The supergraph of Mesh Compose, by the configuration that docs/federation.md shows. */
async function composeMesh(): Promise<string> {
  const config = /^```js\n([^]*?)^```$/m.exec(projectFile('docs/federation.md'))![1]!;
  await symlink(join(ROOT, 'test/node_modules'), join(work.path, 'node_modules'));
  await writeFile(join(work.path, 'mesh.config.mjs'), config.replace('http://127.0.0.1:4000', gateway.url).replace('http://127.0.0.1:4001/graphql', crm.url));
  await writeFile(join(work.path, 'images.graphql'), await renameInSchema([]));
  await writeFile(join(work.path, 'crm.graphql'), CRM_SDL);
  await promisify(execFile)(process.execPath, ['node_modules/.bin/mesh-compose', '-o', 'supergraph.graphql'], { cwd: work.path });
  return readFile(join(work.path, 'supergraph.graphql'), 'utf8');
}

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
  work = await temporaryFolder();
  crm = await startCrm();
  const [url, sdl, mesh] = await Promise.all([startProxy(), renameInSchema(NAMES), composeMesh()]);
  renamed = { name: 'images', url, sdl };
  const supergraph = supergraphOf([renamed, crm]);
  routers['the proxy, Apollo Gateway'] = await startApolloGateway(supergraph);
  routers['the proxy, Hive Gateway'] = live = startHiveGateway(supergraph, PLANNERS['own'], FOLLOWING['server-sent events']!);
  for (const [name, planner] of Object.entries(PLANNERS)) routers[`Mesh Compose, Hive Gateway with its ${name} planner`] = startHiveGateway(mesh, planner, {});
});
afterAll(async () => {
  for (const one of [...Object.values(routers), crm]) await one?.[Symbol.asyncDispose]();
  proxy?.kill();
  await gateway?.stop();
  await folder?.remove();
  await work?.remove();
});

describe.each(Object.keys(COMPOSERS))('a subgraph with root fields of our names, in the composer of %s', (name) => {
  const compose = COMPOSERS[name]!;
  const ours = { name: 'images', url: 'http://127.0.0.1:1/', sdl: SDL };

  it('is refused', () => {
    expect(compose([ours, crm]).join('\n')).toMatch(/node[^]*users[^]*viewer/);
  });

  it('is refused, too, where ours are inaccessible', () => {
    const sdl = SDL.replace('import: ["@key",', 'import: ["@key", "@inaccessible",').replace('): Node\n', '): Node @inaccessible\n');
    expect(sdl).toContain('): Node @inaccessible');
    expect(compose([{ ...ours, sdl }])).toEqual([]);
    expect(compose([{ ...ours, sdl }, crm]).join('\n')).toContain('node');
  });

  it('may take a field of the same type over', () => {
    const sdl = `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@override"])
      interface Node { id: ID! }
      type Customer implements Node @key(fields: "id") { id: ID! }
      type Query { node(id: ID!): Node @override(from: "images") }`;
    expect(compose([ours, { ...ours, name: 'crm', sdl }])).toEqual([]);
  });

  it('composes with ours once they are renamed', () => {
    expect(compose([renamed, crm])).toEqual([]);
  });
});

describe.each([
  'the proxy, Apollo Gateway',
  'the proxy, Hive Gateway',
  ...Object.keys(PLANNERS).map((name) => `Mesh Compose, Hive Gateway with its ${name} planner`),
])('renamed root fields, by %s', (title) => {
  const send = async (query: string) => routers[title]!.send(admin.key!, query);

  it('are answered beside those of the other subgraph', async () => {
    const { viewer } = await admin.run('{ viewer { user { id } } }');
    const query = `
      query { users { name } viewer { name } node(id: "x") { number } me: imageViewer { user { username } } imageNode(id: "${viewer.user.id}") { __typename id } ...More }
      fragment More on Query { imageUsers { nodes { username } } datacenters { nodes { name } } }`;
    expect(await send(query)).toEqual({
      errors: [],
      data: {
        users: [{ name: 'Acme' }],
        viewer: { name: 'Acme' },
        node: { number: 7 },
        me: { user: { username: 'admin' } },
        imageNode: { __typename: 'User', id: viewer.user.id },
        imageUsers: { nodes: [{ username: 'admin' }] },
        datacenters: { nodes: [{ name: 'main' }] },
      },
    });
  });

  it('refuse as ours do, under their new names', async () => {
    const own = await admin.send('mutation { createUser(input: { username: "no name" }) { username } }');
    const { errors } = await send('mutation { createImageUser(input: { username: "no name" }) { username } }');
    expect(errors).toMatchObject(own.errors.map(({ message, extensions }) => ({ message, extensions, path: ['createImageUser'] })));
    expect(errors).toHaveLength(1);
  });

  it('leave their old names to the other subgraph', async () => {
    expect(await send('mutation { createUser(name: "Sons") { name } }')).toEqual({ errors: [], data: { createUser: { name: 'Sons' } } });
  });
});

describe('the proxy', () => {
  it('leaves a field out that gets no new name', async () => {
    expect(await routers['the proxy, Apollo Gateway']!.send(admin.key!, '{ nodes(ids: []) { id } }')).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
  });

  it('passes renamed subscriptions on as server-sent events', async () => {
    await admin.run('mutation { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "broken", url: "http://127.0.0.1:9" }] }) { vmsImageVmNic } }');
    const events = live.follow(admin.key!, 'subscription { imageTaskChanged { action } }');
    const heard = new AbortController();
    const first = events.next().finally(() => heard.abort());
    // Nothing tells when the subscription has reached the gateway, so tasks start until an event arrives.
    while (!heard.signal.aborted) {
      await admin.send('mutation { refreshImageRepository(name: "broken") { task { id } } }');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await first).value).toEqual({ errors: [], data: { imageTaskChanged: { action: 'REPOSITORY_REFRESH' } } });
    await events.return(undefined);
  });

  it('refuses names that the schema does not have', async () => {
    await expect(renameInSchema(['nobody=somebody'])).rejects.toThrow('The schema has no root field nobody.');
    await expect(renameInSchema(['node=one', 'nodes=one'])).rejects.toThrow('Two fields cannot have the same new name.');
  });

  it('leaves what is no operation to the gateway, and takes only so much', async () => {
    const post = async (body: string) => fetch(renamed.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.key}` }, body });
    expect(await (await post('{"query":"{ imageNode("}')).json()).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] });
    expect((await post('x')).status).toBe(400);
    expect((await post('x'.repeat(1_000_001))).status).toBe(413);
    expect((await fetch(renamed.url, { method: 'DELETE' })).status).toBe(405);
  });
});
