import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { importProblem, readManifest, requireImportable } from '../../src/imgapi/manifest.js';
import { osTypeOf } from '../../src/imgapi/os-type.js';
import { startStaffed } from '../support/staff.js';
import type { World } from '../support/world.js';
import { ask, TRANSPORTS } from '../support/transports.js';

/** What every object of JavaScript has without having been given it. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'isPrototypeOf'];

let world: World;


beforeAll(async () => {
  ({ world } = await startStaffed());
  const input = { vmsImageRepositories: [{ name: 'liar', url: world.repository.url }] };
  await world.admin.run('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input });
});
afterAll(async () => world?.close());

/** As it comes over the wire: with `__proto__` as a property like any other. */
function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

const LIST = `{ imageRepository(name: "liar") { images(first: 200, orderBy: { field: NAME }) {
  nodes { uuid name osType type importable notImportableReason manifest } } } }`;

describe('a manifest of a repository that lies', () => {
  it.each(INHERITED)('with %s for its type and os is of a kind that cannot be run', (name) => {
    expect(osTypeOf(name, 'linux')).toBeNull();
    expect(osTypeOf('zvol', name)).toBe('LINUX_VM');
    const { manifest } = world.offer({ name: 'any', type: name, os: name });
    const reading = readManifest(manifest);
    expect(reading.ok && importProblem(reading.manifest)).toBe('UNSUPPORTED_TYPE');
    world.repository.images.pop();
  });

  it('has no field but its own', () => {
    const borrowed = json('{"__proto__":{"uuid":"11111111-1111-4111-8111-111111111111","name":"borrowed","v":2},"type":"zvol"}');
    expect(readManifest(borrowed)).toMatchObject({ ok: false, uuid: null });
    expect(() => requireImportable(borrowed)).toThrow(/uuid is missing/);
    const old = json('{"uuid":"11111111-1111-4111-8111-111111111111","name":"old","type":"zvol","__proto__":{"files":[]},"options":{"__proto__":{"image_size":5}}}');
    const reading = readManifest(old);
    expect(reading.ok && [Object.keys(reading.manifest.raw).sort(), reading.manifest.image_size]).toEqual([['name', 'type', 'uuid', 'v'], undefined]);
  });

  it('is listed with what it says, and changes nothing of the others', async () => {
    for (const name of INHERITED) world.offer({ name: `type ${name}`, type: name, os: name });
    world.offer({ name: 'tagged', manifest: { tags: json(`{${INHERITED.map((name) => `"${name}":"mine"`).join()}}`), ...json('{"constructor":{"prototype":{"name":"x"}}}') } });
    world.repository.images.push({ manifest: json('{"__proto__":{"uuid":"22222222-2222-4222-8222-222222222222","name":"borrowed"},"type":"zvol"}') as { uuid: string }, file: Buffer.alloc(0) });
    world.offer({ name: 'usual' });
    const { refreshImageRepository } = await world.admin.run('mutation { refreshImageRepository(name: "liar") { added skipped } }');
    expect(refreshImageRepository).toEqual({ added: INHERITED.length + 2, skipped: 1 });
    for (let time = 0; time < 4; time += 1) {
      const { nodes } = (await world.admin.run(LIST)).imageRepository.images as { nodes: Record<string, unknown>[] };
      const facts = new Map(nodes.map((node) => [node['name'], [node['osType'], node['importable'], node['notImportableReason']]]));
      for (const name of INHERITED) expect(facts.get(`type ${name}`)).toEqual([null, false, 'UNSUPPORTED_TYPE']);
      expect([facts.get('tagged'), facts.get('usual')]).toEqual([['LINUX_VM', true, null], ['LINUX_VM', true, null]]);
      const tagged = nodes.find(({ name }) => name === 'tagged')?.['manifest'] as { tags: object };
      expect(Object.entries(tagged.tags).sort()).toEqual(INHERITED.map((name) => [name, 'mine']).sort());
    }
  });
});

async function listed(query: string): Promise<{ status: number; names: string[] }> {
  const response = await fetch(`${world.gateway.url}/imgapi/images?${query}`);
  const body = (await response.json()) as { name: string }[];
  return { status: response.status, names: Array.isArray(body) ? body.map(({ name }) => name).sort() : [] };
}

describe('a request to the image server', () => {
  beforeAll(async () => {
    const tags = json(`{${INHERITED.map((name) => `"${name}":"mine"`).join()}}`);
    await world.image('with-tags', { access: 'PUBLIC' }, { manifest: { tags } });
    await world.image('without-tags', { access: 'PUBLIC' });
  });

  it.each(INHERITED)('finds by the tag %s only images that have it', async (name) => {
    expect(await listed(`tag.${name}=mine`)).toEqual({ status: 200, names: ['with-tags'] });
    for (const value of ['', '[object Object]', 'function Object() { [native code] }', 'undefined', 'null']) {
      expect(await listed(`tag.${name}=${encodeURIComponent(value)}`)).toEqual({ status: 200, names: [] });
    }
  });

  it.each(INHERITED)('ignores a parameter of the name %s, as every one that it does not know', async (name) => {
    expect(await listed(`${name}=1`)).toEqual(await listed(''));
    expect(await listed(`${name}[state]=all&${name}.state=all`)).toEqual(await listed(''));
  });

  it.each(INHERITED)('finds no image, file or state of the name %s', async (name) => {
    expect((await fetch(`${world.gateway.url}/imgapi/images/${name}`)).status).toBe(404);
    expect((await fetch(`${world.gateway.url}/imgapi/images/${name}/file`)).status).toBe(404);
    expect((await listed(`state=${name}`)).status).toBe(422);
    expect((await listed(`sort=${name}`)).status).toBe(422);
  });
});

const ENTITIES = 'query ($references: [_Any!]!) { _entities(representations: $references) { __typename ... on Image { name } ... on User { username } } }';

describe('a reference of another subgraph', () => {
  it.each(INHERITED)('to the type %s is refused in its own place', async (name) => {
    for (let time = 0; time < 4; time += 1) {
      const { data, errors } = await world.admin.send(ENTITIES, { references: [{ __typename: name, name: 'x' }, { __typename: 'User', username: 'anna' }] });
      expect(data).toEqual({ _entities: [null, { __typename: 'User', username: 'anna' }] });
      expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['_entities', 0], 'BAD_USER_INPUT']]);
    }
  });

  it('has no key and no type but its own', async () => {
    await world.image('by-reference', { access: 'PUBLIC' });
    const inherited = [json('{"__typename":"Image","__proto__":{"name":"by-reference"}}'), json('{"__proto__":{"__typename":"Image","name":"by-reference"}}')];
    const variables = { references: [...inherited, { __typename: 'Image', name: 'by-reference' }] };
    // Over HTTP, the JSON itself is refused.
    expect(await world.admin.code(ENTITIES, variables)).toBe('BAD_REQUEST');
    const { data, errors } = await ask('websocket', world.gateway.url, world.admin.key, { query: ENTITIES, variables });
    expect(data).toEqual({ _entities: [null, null, { __typename: 'Image', name: 'by-reference' }] });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
  });
});

describe('a request to the graph', () => {
  const send = async (body: string): Promise<{ status: number; text: string }> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${world.admin.key}` };
    const response = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };

  it.each(['__proto__', 'constructor'])('takes no operation from %s of its body', async (name) => {
    const operation = name === 'constructor' ? '{"prototype":{"query":"{ __typename }"}}' : '{"query":"{ __typename }"}';
    expect((await send(`{"${name}":${operation}}`)).status).toBe(400);
    expect((await send(`{"query":"query A { __typename } query B { viewer { user { username } } }","${name}":{"operationName":"A"}}`)).text).not.toContain('"data":{');
  });

  it.each(INHERITED)('names no operation %s that is not there', async (operationName) => {
    for (const transport of TRANSPORTS) {
      const { data, errors } = await ask(transport, world.gateway.url, world.admin.key, { query: 'query A { __typename }', operationName });
      expect([data ?? null, errors?.length]).toEqual([null, 1]);
    }
  });

  it.each(INHERITED.filter((name) => !name.startsWith('__')))('reads no value of a variable %s that was not given', async (name) => {
    const query = `query ($${name}: Int, $owner: String) { usableImages(datacenter: "alpha", first: $${name}, filter: { owner: $owner }) { nodes { name } } }`;
    const usual = query.replaceAll(name, 'first');
    for (let time = 0; time < 4; time += 1) expect(await world.admin.send(query)).toEqual(await world.admin.send(usual));
    expect((await world.admin.run(query, { [name]: 1 })).usableImages.nodes).toHaveLength(1);
  });

  it.each(INHERITED.filter((name) => !name.startsWith('__')))('answers under the alias %s what was asked', async (name) => {
    for (let time = 0; time < 4; time += 1) {
      const data = await world.admin.run(`{ ${name}: user(username: "anna") { ${name}: username } }`);
      expect(Object.entries(data)).toEqual([[name, { [name]: 'anna' }]]);
    }
  });

  it('is signed in by its own connection parameters only', async () => {
    const connectionParams = json(`{"__proto__":{"authorization":"Bearer ${world.admin.key}"}}`);
    const client = createClient({ url: `${world.gateway.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
    const outcome = await new Promise((resolve) => {
      client.subscribe({ query: '{ viewer { user { username } } }' }, { next: (result) => resolve(result.errors?.[0]?.extensions?.['code'] ?? result.data), error: () => resolve('closed'), complete: () => undefined });
    });
    await client.dispose();
    expect(['closed', 'UNAUTHENTICATED']).toContain(outcome);
  });
});
