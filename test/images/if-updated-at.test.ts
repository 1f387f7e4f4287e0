import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/gateway.js';
import { type Fields, World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ imageServer: false });
});
afterAll(async () => world?.close());

const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { image { alias updatedAt } } }';

async function update(name: string, fields: Fields): Promise<Answer> {
  return world.admin.send(UPDATE, { input: { name, ...fields } });
}

async function updatedAt(name: string): Promise<string> {
  return (await world.admin.run('query ($name: String!) { image(name: $name) { updatedAt } }', { name })).image.updatedAt;
}

describe('ifUpdatedAt', () => {
  it('lets an update pass that knows the present image, and refuses one that does not, in a dry run too', async () => {
    const { name } = await world.image();
    const read = await updatedAt(name);
    const first = await update(name, { ifUpdatedAt: read, alias: 'first' });
    expect(first.errors).toEqual([]);
    const current = await updatedAt(name);
    expect(first.data?.updateImage.image).toEqual({ alias: 'first', updatedAt: current });
    for (const dryRun of [true, false]) {
      const { errors, data } = await update(name, { ifUpdatedAt: read, alias: 'second', dryRun });
      expect([data, errors]).toMatchObject([null, [{ message: `Image ${name} was changed at ${current}, and ifUpdatedAt is ${read}; read it again, and give its present updatedAt.`, extensions: { code: 'CONFLICT', current } }]]);
    }
    expect(await updatedAt(name)).toBe(current);
    expect((await update(name, { ifUpdatedAt: current, alias: 'second' })).errors).toEqual([]);
    expect((await update(name, { ifUpdatedAt: null, alias: 'third' })).errors).toEqual([]);
  });

  it('lets one of several updates at the same time pass', async () => {
    const { name } = await world.image();
    const ifUpdatedAt = await updatedAt(name);
    const answers = await Promise.all(Array.from({ length: 6 }, async (_, at) => update(name, { ifUpdatedAt, description: `by ${at}` })));
    expect(answers.map(({ errors }) => errors[0]?.extensions.code ?? 'data').sort()).toEqual([...Array.from({ length: 5 }, () => 'CONFLICT'), 'data']);
  });

  it('says nothing to who may not update the image', async () => {
    const { name } = await world.image(undefined, { access: 'PUBLIC' });
    const { client } = await world.person();
    expect(await client.code(UPDATE, { input: { name, ifUpdatedAt: '2020-01-01T00:00:00Z' } })).toBe('FORBIDDEN');
  });
});

describe('updatedAt', () => {
  it('moves forward with every change of a field, however soon the next one follows', async () => {
    const { name } = await world.image();
    await world.person('next-owner');
    const changes: Fields[] = [{ alias: 'other' }, { version: '9' }, { access: 'PUBLIC' }, { owner: 'next-owner' }, { dcBound: false }, { dcBound: true }, { description: 'd' }, { resize: true }, { deploy: true }, { tags: ['a'] }, { tags: [] }];
    let before = await updatedAt(name);
    for (const change of changes) {
      expect((await update(name, change)).errors).toEqual([]);
      const after = await updatedAt(name);
      expect([change, after > before]).toEqual([change, true]);
      before = after;
    }
  });

  it('stays when the image has all the given values already, so that nobody gets a CONFLICT for it', async () => {
    const { name } = await world.image(undefined, { tags: ['a', 'b'] });
    const before = await updatedAt(name);
    const { image } = await world.admin.run('query ($name: String!) { image(name: $name) { alias access description tags owner { username } dcBound } }', { name });
    for (const same of [{}, { tags: ['a', 'b'] }, { ...image, owner: image.owner.username }]) expect((await update(name, same)).errors).toEqual([]);
    expect(await updatedAt(name)).toBe(before);
    expect((await update(name, { ifUpdatedAt: before, tags: ['b', 'a'] })).errors).toEqual([]);
    expect(await updatedAt(name)).not.toBe(before);
  });

  it('moves with what else ends a binding: attaching, detaching, and the end of its datacenter', async () => {
    await world.datacenter('going');
    const [{ name }, bound] = [await world.image(), await world.image(undefined, { datacenter: 'going' })];
    const times = [await updatedAt(name)];
    await world.attach(name, 'second');
    times.push(await updatedAt(name));
    await world.admin.run(`mutation { detachImage(input: { image: "${name}", datacenter: "second" }) { bindingRemoved } }`);
    times.push(await updatedAt(name));
    expect(times).toEqual([...new Set(times)].sort());
    const before = await updatedAt(bound.name);
    await world.admin.run('mutation { deleteDatacenter(name: "going") }');
    expect((await updatedAt(bound.name)) > before).toBe(true);
  });

  it('moves when an update is taken back', async () => {
    await using own = await World.start();
    const { name, uuid } = await own.image();
    const { rename } = await import('node:fs/promises');
    const [stored, away] = [`${own.folder.path}/images/${uuid}`, `${own.folder.path}/away`];
    await rename(stored, away);
    const { updateImage } = await own.admin.run('mutation ($input: UpdateImageInput!) { updateImage(input: $input) { image { updatedAt } task { id } } }', { input: { name, alias: 'lost' } });
    expect((await own.admin.ended(updateImage.task.id)).status).toBe('FAILED');
    const { image } = await own.admin.run('query ($name: String!) { image(name: $name) { alias updatedAt } }', { name });
    expect([image.alias, image.updatedAt > updateImage.image.updatedAt]).toEqual([name, true]);
  });
});
