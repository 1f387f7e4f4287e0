import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { makeImage } from '../support/imgapi-repository.js';
import type { TestClient } from '../support/gateway.js';
import type { BuiltWorld } from './build-world.js';
import type { ImageFacts } from './facts.js';
import { everyWay } from './questions.js';
import { Rules } from './rules.js';
import { Watcher } from './watching.js';
import { closeWorlds, inEveryWorld } from './worlds.js';

const LIMIT_MS = 300_000;
const SENTINEL = 'sentinel';

afterAll(closeWorlds);

const CHANGES = {
  images: 'subscription { imageChanged { kind name image { alias } } }',
  tasks: 'subscription { taskChanged { action imageName } }',
};

/** An image that everybody may use, in `main`: its changes reach every user, after those that came before. */
async function makeSentinel(world: BuiltWorld): Promise<void> {
  const image = makeImage({ name: SENTINEL, version: '1', size: 100 });
  world.repository.images.push(image);
  const input = { name: SENTINEL, manifestUrl: world.repository.manifestUrl(image), access: 'PUBLIC', datacenter: 'main' };
  await world.admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input });
}

async function rename(admin: TestClient, name: string, alias: string): Promise<void> {
  await admin.run('mutation ($n: String!, $a: String!) { updateImage(input: { name: $n, alias: $a }) { image { name } } }', { n: name, a: alias });
}

/** Every answer the user gets, word for word: rows, counts, cursors, errors. Only request ids differ. */
async function everything(world: BuiltWorld, client: TestClient): Promise<string[]> {
  const answers: string[] = [];
  for (const { query, variables } of [...everyWay(world.facts), ...CURSORS]) {
    const { status, data, errors } = await client.send(query, variables);
    // Errors come in the order in which they happened, which is nobody's secret.
    const refusals = errors.map((error) => JSON.stringify(error).replaceAll(/"requestId":"[^"]*",?/g, '')).sort();
    answers.push([query, JSON.stringify(variables), status, JSON.stringify(data), ...refusals].join('\n'));
  }
  return answers;
}

const CURSORS = ['images(showAll: true, showDeleted: true', 'usableImages(orderBy: { field: ALIAS, direction: DESC }', 'datacenters(last: 3', 'tasks(first: 5'].map((list) => ({
  query: `{ ${list}) { totalCount edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
  variables: {},
}));

/** Hidden, with its tasks hidden as well, and with no bearing on what a datacenter's admin is told of its limit. */
function isOutOfSight(rules: Rules, image: ImageFacts): boolean {
  const isAdministered = rules.facts.datacenters.some((one) => image.attached.includes(one.name) && rules.mayIn('image.list', one));
  return !rules.seesImage(image) && !isAdministered && !rules.facts.tasks.some((task) => task.imageName === image.name && rules.seesTask(task));
}

/** Changes what the user may not see, as a SuperAdmin: renames, moves, adds and deletes. */
async function stirHidden(world: BuiltWorld, rules: Rules): Promise<void> {
  const { admin, facts } = world;
  const hidden = facts.images.filter((image) => isOutOfSight(rules, image));
  for (const [at, { name }] of hidden.entries()) await rename(admin, name, `0 stirred ${at}`);
  const places = facts.datacenters.filter((one) => !rules.hasAccess(one)).map(({ name }) => name);
  for (const name of places) {
    await admin.run('mutation ($d: String!) { updateDatacenter(input: { name: $d, alias: "0 stirred", description: "stirred" }) { name } }', { d: name });
  }
  await addImage(world, null);
  for (const place of places) await addImage(world, place);
  for (const server of facts.servers.filter((one) => !rules.seesServer(one))) {
    // Of an image that the user manages, the number of servers that use it is told, wherever they are.
    const used = facts.images.find(({ name }) => name === server.image);
    await admin.run('mutation ($u: UUID!, $h: String!) { updateServer(input: { uuid: $u, hostname: $h }) { uuid } }', { u: server.uuid, h: `a-${server.hostname}` });
    if (used === undefined || isOutOfSight(rules, used)) await admin.run('mutation ($u: UUID!) { unregisterServer(uuid: $u) }', { u: server.uuid });
  }
  await admin.run('mutation { createDatacenter(input: { name: "aaa", access: PRIVATE }) { name } }');
  // Whoever administers a datacenter is told who has access to it, and everybody has to a public one.
  const newcomers = facts.datacenters.some((one) => rules.mayIn('datacenter.listMembers', one)) ? [] : ['aaa'];
  for (const username of newcomers) await admin.run('mutation ($u: String!) { createUser(input: { username: $u }) { username } }', { u: username });
  await admin.run('mutation ($u: [String!]) { createGroup(input: { name: "aaa", permissions: [ADMIN], users: $u, datacenters: ["aaa", "main"] }) { name } }', { u: newcomers });
  // Whoever may import sees of every offer whether it is in the catalogue already.
  if (rules.may('repository.use')) return;
  for (const { name } of hidden) await admin.send('mutation ($n: String!) { deleteImage(input: { name: $n }) { name } }', { n: name });
}

async function addImage({ admin, repository }: BuiltWorld, datacenter: string | null): Promise<void> {
  const name = `a${randomUUID().slice(0, 8)}`;
  const image = makeImage({ name, version: '1', size: 100 });
  repository.images.push(image);
  const input = { name, manifestUrl: repository.manifestUrl(image), access: 'PUBLIC', datacenter, dcBound: datacenter !== null };
  await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input });
}

describe('in random worlds', () => {
  it('a change of an image is told to everybody who sees the image, and to nobody else', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) => {
      await makeSentinel(world);
      const watchers = new Map<string, Watcher>();
      for (const [username, client] of world.clients) watchers.set(username, await Watcher.follow(client, CHANGES));
      for (const { name } of world.facts.images) await rename(world.admin, name, `renamed ${name}`);
      await rename(world.admin, SENTINEL, 'the end');
      for (const [username, watcher] of watchers) {
        await watcher.until('images', 'the end');
        const rules = new Rules(world.facts, username);
        const seen = world.facts.images.filter((image) => rules.seesImage(image)).map(({ name }) => ({ kind: 'UPDATED', name, image: { alias: `renamed ${name}` } }));
        const told = watcher.events('images').map((event) => (event.data as { imageChanged: unknown }).imageChanged);
        expect({ username, told }).toEqual({ username, told: [...seen, { kind: 'UPDATED', name: SENTINEL, image: { alias: 'the end' } }] });
        await watcher.stop();
      }
    }, true);
  });

  it('no byte of what a user is answered or told depends on what is hidden from it', { timeout: LIMIT_MS }, async () => {
    await inEveryWorld(async (world) => {
      await makeSentinel(world);
      const blind = [...world.clients.keys()].filter((one) => !new Rules(world.facts, one).isSuperAdmin);
      if (blind.length === 0) return;
      const username = blind[world.facts.tasks.length % blind.length] ?? '';
      const client = world.clients.get(username) ?? world.admin;
      const watcher = await Watcher.follow(client, CHANGES);
      await world.refreshFacts();
      const before = await everything(world, client);
      await stirHidden(world, new Rules(world.facts, username));
      expect({ username, answers: await everything(world, client) }).toEqual({ username, answers: before });
      await rename(world.admin, SENTINEL, 'the end');
      await watcher.until('images', 'the end');
      expect({ username, told: watcher.events('images').length }).toEqual({ username, told: 1 });
      expect(watcher.events('tasks').filter((event) => !JSON.stringify(event).includes(SENTINEL))).toEqual([]);
      await watcher.stop();
    }, true);
  });
});
