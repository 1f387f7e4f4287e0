import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, TestClient } from '../support/gateway.js';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { Fields, World } from '../support/world.js';

const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name uuid } task { id } warnings } }';
const IMPORT_ENTRY = 'mutation ($input: ImportRepositoryImageInput!) { importRepositoryImage(input: $input) { image { name uuid } task { id } warnings } }';

let world: World;
let people: StaffedWorld['people'];
beforeAll(async () => {
  ({ world, people } = await startStaffed());
  await world.addRepository('source');
});
afterAll(async () => world?.close());

/** The input of an import that nobody has asked for yet. */
function fresh(fields: Fields = {}): Fields & { name: string } {
  const name = world.unique('keyed');
  return { name, manifestUrl: world.offer({ name, version: name }).manifestUrl, datacenter: 'alpha', idempotencyKey: `key of ${name}`, ...fields };
}

async function send(input: Fields, client: TestClient = people.anna): Promise<Answer> {
  return client.send(IMPORT, { input });
}

async function tasksOf(image: string): Promise<string[]> {
  const { tasks } = await world.admin.run('query ($image: String!) { tasks(image: $image) { nodes { id } } }', { image });
  return tasks.nodes.map(({ id }: { id: string }) => id);
}

describe('an import with an idempotencyKey', () => {
  it('makes one image and one task, however often it is sent', async () => {
    const input = fresh();
    const first = await send(input);
    expect(first.errors).toEqual([]);
    const { image, task } = first.data?.importImage ?? {};
    for (const again of [input, { ...input, alias: null, dcBound: true }, { ...input, dryRun: true }]) {
      const { data, errors } = await send(again);
      expect([errors, data?.importImage]).toEqual([[], { image, task, warnings: [expect.stringContaining('nothing new was made')] }]);
    }
    await world.admin.ended(task.id);
    expect((await send(input)).data?.importImage).toMatchObject({ image, task });
    expect(await tasksOf(input.name)).toEqual([task.id]);
  });

  it('makes one of those that come at the same time', async () => {
    const input = fresh();
    const answers = await Promise.all(Array.from({ length: 8 }, async () => send(input)));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const [only] = await tasksOf(input.name);
    expect(new Set(answers.map(({ data }) => data?.importImage.task.id))).toEqual(new Set([only]));
    expect(await tasksOf(input.name)).toHaveLength(1);
  });

  it('is found again after an answer that was lost', async () => {
    const input = fresh();
    const lost = httpRequest(`${world.gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${people.anna.key}` } });
    const isClosed = new Promise((resolve) => lost.once('close', resolve));
    lost.on('error', () => undefined).end(JSON.stringify({ query: IMPORT, variables: { input } }), () => setImmediate(() => lost.destroy()));
    await isClosed;
    const { data, errors } = await send(input);
    expect(errors).toEqual([]);
    expect(await tasksOf(input.name)).toEqual([data?.importImage.task.id]);
  });

  it('is refused for another input under the same key, which it names; not for another user', async () => {
    const input = fresh();
    const { data } = await send(input);
    const { task } = data?.importImage ?? {};
    const refused = await send({ ...fresh(), idempotencyKey: input.idempotencyKey });
    expect(refused.errors).toMatchObject([{ message: expect.stringMatching(new RegExp(`^The idempotencyKey "key of ${input.name}" was used at .* the task ${task.id} of image ${input.name};`)), extensions: { code: 'CONFLICT', current: { task: task.id, image: input.name } } }]);
    expect((await send({ ...input, dryRun: true, description: 'other' })).errors[0]?.extensions.code).toBe('CONFLICT');
    expect((await send({ ...fresh(), idempotencyKey: input.idempotencyKey }, people.otto)).errors).toEqual([]);
  });

  it('answers that the image is gone once it is', async () => {
    const input = fresh();
    const { data } = await send(input);
    await world.admin.ended(data?.importImage.task.id);
    const { deleteImage } = await world.admin.run('mutation ($name: String!) { deleteImage(input: { name: $name }) { task { id } } }', { name: input.name });
    await world.admin.ended(deleteImage.task.id);
    const { errors } = await send(input);
    expect(errors).toMatchObject([{ message: expect.stringContaining(`"key of ${input.name}"`), extensions: { code: 'NOT_FOUND', task: data?.importImage.task.id } }]);
    expect(await world.imageNames()).not.toContain(input.name);
  });

  it('tells of an import that failed why it did, and leaves a refused one no key', async () => {
    const input = fresh();
    world.repository.fail.file = { text: 'not the image' };
    const { data } = await send(input);
    await world.admin.ended(data?.importImage.task.id);
    world.repository.fail.file = undefined;
    expect((await send(input)).errors).toMatchObject([{ message: expect.stringContaining('which has FAILED:'), extensions: { code: 'NOT_FOUND' } }]);
    const refused = fresh({ alias: '<' });
    expect((await send(refused)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect((await send({ ...refused, alias: 'good' })).errors).toEqual([]);
  });

  it('uses up no key in a dry run', async () => {
    const input = fresh();
    expect((await send({ ...input, dryRun: true })).errors).toEqual([]);
    expect((await send({ ...input, description: 'other' })).errors).toEqual([]);
  });

  it('needs the permission each time', async () => {
    const input = fresh();
    await send(input);
    expect((await send(input, people.dora)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    await world.admin.run('mutation { updateGroup(input: { name: "importers", users: ["otto"] }) { name } }');
    // Without its group, anna cannot see the private datacenter.
    expect((await send(input)).errors[0]?.extensions.code).toBe('NOT_FOUND');
    await world.admin.run('mutation { updateGroup(input: { name: "importers", users: ["anna", "otto"] }) { name } }');
  });

  it('refuses a key that is empty or too long', async () => {
    for (const idempotencyKey of ['', 'k'.repeat(201)]) {
      expect((await send(fresh({ idempotencyKey }))).errors).toMatchObject([{ message: expect.stringContaining('200'), extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    expect((await send(fresh({ idempotencyKey: '漢'.repeat(200) }))).errors).toEqual([]);
  });
});

describe('an import from a repository', () => {
  it('makes one image, with its base images, of those that come at the same time', async () => {
    const base = world.offer({ name: world.unique('base') });
    const offered = world.offer({ name: world.unique('entry'), manifest: { origin: base.uuid } });
    await world.loadRepository('source');
    const input = { repository: 'source', uuid: offered.uuid, datacenter: 'alpha', includeOrigins: true, idempotencyKey: 'with base' };
    const answers = await Promise.all(Array.from({ length: 5 }, async () => people.anna.send(IMPORT_ENTRY, { input })));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const images = new Set(answers.map(({ data }) => data?.importRepositoryImage.image.uuid));
    expect([images, new Set(answers.map(({ data }) => data?.importRepositoryImage.task.id)).size]).toEqual([new Set([offered.uuid]), 1]);
    for (const { name } of [base.manifest, offered.manifest]) expect(await tasksOf(String(name))).toHaveLength(1);
    expect((await people.anna.send(IMPORT_ENTRY, { input: { ...input, includeOrigins: false } })).errors[0]?.extensions.code).toBe('CONFLICT');
  });
});
