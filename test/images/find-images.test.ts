import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestClient } from '../support/gateway.js';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;
let people: StaffedWorld['people'];
let admin: TestClient;

beforeAll(async () => {
  ({ world, people } = await startStaffed({ imageServer: false }));
  admin = world.admin;
  world.offer({ name: 'offered', version: '1' });
  await world.addRepository('remote');
  await world.loadRepository('remote');
  const [offered] = (await admin.run('{ imageRepository(name: "remote") { images { nodes { uuid } } } }')).imageRepository.images.nodes;
  await admin.run('mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "remote", uuid: $uuid, name: "offered", datacenter: "alpha", access: PUBLIC }) { image { name } } }', { uuid: offered.uuid });
  await world.image('used', { access: 'PUBLIC', owner: 'anna', version: '2' });
  await world.image('beta-used', { access: 'PUBLIC', datacenter: 'beta', version: '10' });
  await world.image('idle', { owner: 'otto', version: '9' });
  await admin.run('mutation { updateDatacenter(input: { name: "beta", access: PUBLIC }) { name } }');
  await world.server('one', { image: 'used' });
  await world.server('two', { image: 'beta-used', datacenter: 'beta' });
});
afterAll(async () => world?.close());

const MANAGED = 'query ($filter: ImageFilter, $orderBy: ImageOrder) { images(showAll: true, filter: $filter, orderBy: $orderBy) { nodes { name } totalCount } }';
const USABLE = 'query ($filter: ImageFilter) { usableImages(datacenter: "beta", filter: $filter) { nodes { name } totalCount } }';

async function found(filter: object, client = admin): Promise<string[]> {
  const { images } = await client.run(MANAGED, { filter });
  expect(images.totalCount).toBe(images.nodes.length);
  return images.nodes.map(({ name }: { name: string }) => name);
}

async function refusal(query: string, filter: object, client = admin): Promise<{ code: string; message: string }> {
  const { errors } = await client.send(query, { filter });
  return { code: String(errors[0]?.extensions.code), message: String(errors[0]?.message) };
}

describe('a filter of images', () => {
  it('finds by name, UUID, version, size and time of change, alone and together', async () => {
    const uuid = world.uuids.get('used');
    expect(await found({ name: ['used', 'USED', 'nowhere', 'idle'] })).toEqual(['idle', 'used']);
    expect(await found({ uuid: [uuid?.toUpperCase()] })).toEqual(['used']);
    expect(await found({ version: ['2', '9', '11'] })).toEqual(['idle', 'used']);
    const [{ size, updatedAt }] = (await admin.run('{ images(showAll: true, filter: { name: ["used"] }) { nodes { size updatedAt } } }')).images.nodes;
    expect(await found({ minSize: size, maxSize: size, name: ['used'] })).toEqual(['used']);
    expect([await found({ minSize: size + 1 }), await found({ maxSize: size - 1 })]).toEqual([[], []]);
    expect(await found({ updatedBefore: updatedAt, updatedAfter: updatedAt })).toEqual([]);
    await admin.run('mutation { updateImage(input: { name: "idle", description: "changed" }) { image { name } } }');
    expect(await found({ updatedAfter: updatedAt, owner: 'otto' })).toEqual(['idle']);
  });

  it('finds what came from a repository, and what servers use, also once they use it no longer', async () => {
    expect(await found({ repository: ['remote', 'nowhere'] })).toEqual(['offered']);
    expect(await found({ repository: ['nowhere'] })).toEqual([]);
    expect(await found({ inUse: true })).toEqual(['beta-used', 'used']);
    expect(await found({ inUse: false })).toEqual(['idle', 'offered']);
    const uuid = await world.server('short-lived', { image: 'offered' });
    expect(await found({ inUse: false })).toEqual(['idle']);
    await admin.run('mutation ($uuid: UUID!) { updateServer(input: { uuid: $uuid, disks: [{ diskId: 1, size: 10240 }] }) { uuid } }', { uuid });
    expect(await found({ inUse: false })).toEqual(['idle', 'offered']);
    await admin.run('mutation ($uuid: UUID!) { updateServer(input: { uuid: $uuid, disks: [{ diskId: 1, size: 10240, image: "offered" }] }) { uuid } }', { uuid });
    await admin.run('mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }', { uuid });
    expect(await found({ inUse: true })).toEqual(['beta-used', 'used']);
  });

  it('leaves out by not what meets all of its conditions, and nothing where it has none', async () => {
    expect(await found({ not: { access: ['PUBLIC'] } })).toEqual(['idle']);
    expect(await found({ not: { access: ['PUBLIC'], inUse: true } })).toEqual(['idle', 'offered']);
    expect(await found({ not: { owner: 'nobody' } })).toHaveLength(4);
    expect(await found({ not: { repository: ['remote'] }, inUse: false })).toEqual(['idle']);
    expect([await found({ not: {} }), await found({ not: { name: [], search: '' } })].map(({ length }) => length)).toEqual([4, 4]);
  });

  it('that has a not within a not is refused, written out or as a variable', async () => {
    const message = 'The filter within not has another not; accepted is one level, with its conditions beside each other.';
    const literal = await admin.send('{ images(showAll: true, filter: { not: { not: { resize: true } } }) { totalCount } }');
    for (const { errors } of [literal, await admin.send(MANAGED, { filter: { not: { not: {} } } })]) {
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'not.not', message }] });
    }
  });
});

describe('a filter of images by what not everybody may see', () => {
  it('is refused to who may see it of no image, also within not', async () => {
    for (const query of [MANAGED, USABLE]) {
      expect(await refusal(query, { repository: ['remote'] }, people.dora)).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('use image repositories') });
      expect(await refusal(query, { not: { repository: ['remote'] } }, people.dora)).toMatchObject({ code: 'FORBIDDEN' });
    }
    for (const filter of [{ inUse: true }, { inUse: false }, { not: { inUse: true } }]) {
      expect(await refusal(USABLE, filter, people.peter)).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('whether servers use them') });
    }
    expect(await people.dora.run(USABLE, { filter: { repository: [] } })).toMatchObject({ usableImages: { totalCount: 1 } });
  });

  it('says nothing of images of which the caller may not see it', async () => {
    const usable = async (filter: object): Promise<number> => (await people.anna.run(USABLE, { filter })).usableImages.totalCount;
    expect(await usable({})).toBe(1);
    expect([await usable({ inUse: true }), await usable({ inUse: false }), await usable({ not: { inUse: true } }), await usable({ not: { inUse: false } })]).toEqual([0, 0, 1, 1]);
    expect([await usable({ repository: ['remote'] }), await usable({ not: { repository: ['remote'] } })]).toEqual([0, 1]);
    expect([await found({ inUse: true }, people.anna), await found({ inUse: false }, people.dora)]).toEqual([['used'], ['idle', 'offered']]);
  });
});

describe('an order of images', () => {
  const ORDERS: [string, string[]][] = [
    ['VERSION', ['offered', 'beta-used', 'used', 'idle']],
    ['OWNER', ['offered', 'beta-used', 'used', 'idle']],
    ['UPDATED_AT', ['offered', 'used', 'beta-used', 'idle']],
    ['OS_TYPE', ['offered', 'used', 'beta-used', 'idle']],
    ['STATUS', ['offered', 'used', 'beta-used', 'idle']],
  ];

  it.each(ORDERS)('by %s is followed page by page, from both ends', async (field, names) => {
    for (const [direction, wanted] of [['ASC', names], ['DESC', names.toReversed()]] as const) {
      const walked: Record<'forward' | 'backward', string[]> = { forward: [], backward: [] };
      for (let [after, before, at]: [string | null, string | null, number] = [null, null, 0]; at < names.length; at += 1) {
        const page = 'nodes { name } pageInfo { startCursor endCursor }';
        const data = await admin.run(`query ($orderBy: ImageOrder, $after: String, $before: String) {
          forward: images(showAll: true, orderBy: $orderBy, first: 1, after: $after) { ${page} } backward: images(showAll: true, orderBy: $orderBy, last: 1, before: $before) { ${page} } }`, { orderBy: { field, direction }, after, before });
        walked.forward.push(data.forward.nodes[0]?.name);
        walked.backward.unshift(data.backward.nodes[0]?.name);
        [after, before] = [data.forward.pageInfo.endCursor, data.backward.pageInfo.startCursor];
      }
      expect(walked).toEqual({ forward: wanted, backward: wanted });
    }
  });

  it('follows a change of what it sorts by, in the list of a datacenter too', async () => {
    const inAlpha = async (field: string): Promise<string[]> => (await admin.run(`{ images(datacenter: "alpha", orderBy: { field: ${field} }) { nodes { name } } }`)).images.nodes.map(({ name }: { name: string }) => name);
    expect(await inAlpha('OWNER')).toEqual(['offered', 'used', 'idle']);
    await admin.run('mutation { updateImage(input: { name: "offered", owner: "peter", version: "3" }) { image { name } } }');
    expect([await inAlpha('OWNER'), await inAlpha('VERSION'), await inAlpha('UPDATED_AT')]).toEqual([['used', 'idle', 'offered'], ['used', 'offered', 'idle'], ['used', 'idle', 'offered']]);
  });
});
