import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';
import type { TestClient } from '../support/gateway.js';

let world: World;

let people: StaffedWorld['people'];
let rest: TestClient;

const ENTRY = 'id action status imageName image { name } user { username } datacenter { name } repository { name } detail createdAt startedAt finishedAt errorCode';
const LOG = `query ($datacenter: String, $image: String, $action: [TaskAction!], $status: [TaskStatus!], $first: Int, $after: String, $last: Int, $before: String) {
  tasks(datacenter: $datacenter, image: $image, action: $action, status: $status, first: $first, after: $after, last: $last, before: $before) {
    nodes { ${ENTRY} } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Entry {
  id: string;
  status: string;
  finishedAt: string | null;
  createdAt: string;
}

beforeAll(async () => {
  ({ world, people } = await startStaffed());
  rest = world.admin;
  await world.image('subject');
  await world.server('user01', { image: 'subject', datacenter: 'alpha', status: 'RUNNING' });
  await rest.run('mutation { registerSnapshot(input: { server: "user01", name: "daily", size: 1 }) { name } }');
  await rest.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageVmNic } }', { url: world.repository.url });
  // From here on every change is made in the database, and done at once.
  await world.imageServer(null);
});
afterAll(async () => world?.close());

const log = async (filter: Record<string, unknown> = {}, client = rest): Promise<Entry[]> => (await client.run(LOG, { first: 200, ...filter })).tasks.nodes;

/** The entries that a request leaves, oldest first. */
async function entriesOf(client: TestClient, query: string, variables: Record<string, unknown> = {}): Promise<Entry[]> {
  const before = new Set((await log()).map(({ id }) => id));
  await client.send(query, variables);
  return (await log()).filter(({ id }) => !before.has(id)).toReversed();
}

const update = (change: string): string => `mutation { updateImage(input: { name: "subject", ${change} }) { task { id } } }`;

describe('every change leaves exactly one entry, with who, what, where, when and how', () => {
  type Case = [what: string, who: 'admin' | 'anna', query: string, expected: Record<string, unknown>];
  const cases: Case[] = [
    ['alias', 'anna', update('alias: "Other"'), { detail: { alias: { before: 'subject', after: 'Other' } } }],
    ['version', 'anna', update('version: "2"'), { detail: { version: { before: 'subject', after: '2' } } }],
    ['access', 'anna', update('access: PUBLIC'), { detail: { access: { before: 'PRIVATE', after: 'PUBLIC' } } }],
    ['description', 'anna', update('description: "new", alias: "Other"'), { detail: { description: { before: expect.any(String), after: 'new' } } }],
    ['tags', 'anna', update('tags: ["a", "b"]'), { detail: { tags: { before: [], after: ['a', 'b'] } } }],
    ['resize and deploy', 'anna', update('resize: true, deploy: true'), { detail: { resize: { before: false, after: true }, deploy: { before: false, after: true } } }],
    ['owner', 'anna', update('owner: "otto"'), { detail: { owner: { before: 'admin', after: 'otto' } } }],
    ['binding', 'admin', update('dcBound: false'), { user: { username: 'admin' }, detail: { dcBound: { before: true, after: false } } }],
  ];

  it.each(cases)('updating an image: %s', async (_what, who, query, expected) => {
    const entries = await entriesOf(who === 'admin' ? rest : people[who], query);
    expect(entries).toMatchObject([
      {
        action: 'IMAGE_UPDATE', status: 'SUCCEEDED', imageName: 'subject', image: { name: 'subject' }, datacenter: { name: 'alpha' },
        user: { username: who }, repository: null, errorCode: null, ...expected,
      },
    ]);
    expect(Object.keys((entries[0] as unknown as { detail: object }).detail)).toEqual(Object.keys(expected.detail as object));
    expect(Math.abs(Date.parse(String(entries[0]?.finishedAt)) - Date.now())).toBeLessThan(60_000);
  });

  it('importing, from an address and from a repository', async () => {
    const one = world.offer({ name: 'one', version: 'one' });
    const input = { name: 'one', manifestUrl: one.manifestUrl, datacenter: 'alpha' };
    expect(await entriesOf(people.anna, 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', { input })).toMatchObject([
      { action: 'IMAGE_IMPORT', imageName: 'one', user: { username: 'anna' }, datacenter: { name: 'alpha' }, repository: null, detail: { manifestUrl: one.manifestUrl, dcBound: true } },
    ]);
    const two = world.offer({ name: 'two', version: 'two' });
    expect(await entriesOf(rest, 'mutation { refreshImageRepository(name: "remote") { added } }')).toMatchObject([
      { action: 'REPOSITORY_REFRESH', status: 'SUCCEEDED', imageName: null, datacenter: null, repository: { name: 'remote' }, user: { username: 'admin' } },
    ]);
    const query = 'mutation ($uuid: UUID!) { importRepositoryImage(input: { repository: "remote", uuid: $uuid, dcBound: false }) { task { id } } }';
    expect(await entriesOf(rest, query, { uuid: two.manifest.uuid })).toMatchObject([
      { action: 'IMAGE_IMPORT', imageName: 'two', datacenter: null, repository: { name: 'remote' }, detail: { dcBound: false } },
    ]);
  });

  it('creating from a snapshot', async () => {
    expect(await entriesOf(rest, 'mutation { createImageFromSnapshot(input: { server: "user01", snapshot: "daily", name: "snapped" }) { task { id } } }')).toMatchObject([
      { action: 'IMAGE_CREATE', imageName: 'snapped', datacenter: { name: 'alpha' }, user: { username: 'admin' } },
    ]);
  });

  it('attaching and detaching, with the binding that ended', async () => {
    expect(await entriesOf(rest, 'mutation { attachImage(input: { image: "one", datacenter: "beta" }) { task { id } } }')).toMatchObject([
      { action: 'IMAGE_ATTACH', imageName: 'one', datacenter: { name: 'beta' }, detail: { bindingRemoved: true, boundDatacenter: { before: 'alpha', after: null } } },
    ]);
    expect(await entriesOf(rest, 'mutation { detachImage(input: { image: "one", datacenter: "beta" }) { task { id } } }')).toMatchObject([
      { action: 'IMAGE_DETACH', imageName: 'one', datacenter: { name: 'beta' }, detail: { bindingRemoved: false } },
    ]);
  });

  it('deleting, and the entry outlives the image', async () => {
    expect(await entriesOf(rest, 'mutation { deleteImage(input: { name: "two" }) { task { id } } }')).toMatchObject([
      { action: 'IMAGE_DELETE', imageName: 'two', image: null, detail: { alias: 'two' } },
    ]);
    expect((await log({ image: 'two' })).map((entry) => (entry as Entry & { action: string }).action)).toEqual(['IMAGE_DELETE', 'IMAGE_IMPORT']);
  });

  it('settings of a datacenter and of all', async () => {
    expect(await entriesOf(rest, 'mutation { updateDatacenterSettings(input: { datacenter: "beta", vmsImageLimit: 9 }) { name } }')).toMatchObject([
      { action: 'SETTINGS_UPDATE', datacenter: { name: 'beta' }, imageName: null, detail: { vmsImageLimit: { before: null, after: 9 } } },
    ]);
    expect(await entriesOf(rest, 'mutation { updateGlobalSettings(input: { vmsImageVmNic: 2, vmsImageSources: ["https://a.example.com"] }) { vmsImageVmNic } }')).toMatchObject([
      { action: 'SETTINGS_UPDATE', datacenter: null, detail: { vmsImageVmNic: { before: 1, after: 2 }, vmsImageSources: { before: [], after: ['https://a.example.com'] } } },
    ]);
  });

  it('datacenters: made, changed, deleted', async () => {
    expect(await entriesOf(rest, 'mutation { createDatacenter(input: { name: "gamma", alias: "Gamma", groups: ["users"] }) { name } }')).toMatchObject([
      { action: 'DATACENTER_CREATE', datacenter: { name: 'gamma' }, user: { username: 'admin' }, detail: { name: 'gamma', alias: 'Gamma', access: 'PRIVATE', owner: 'admin', groups: ['users'] } },
    ]);
    expect(await entriesOf(rest, 'mutation { updateDatacenter(input: { name: "gamma", access: PUBLIC, owner: "dora", groups: [] }) { name } }')).toMatchObject([
      {
        action: 'DATACENTER_UPDATE', datacenter: { name: 'gamma' },
        detail: { access: { before: 'PRIVATE', after: 'PUBLIC' }, owner: { before: 'admin', after: 'dora' }, groups: { before: ['users'], after: [] } },
      },
    ]);
    await rest.run('mutation { attachImage(input: { image: "one", datacenter: "gamma" }) { task { id } } }');
    expect(await entriesOf(rest, 'mutation { deleteDatacenter(name: "gamma") }')).toMatchObject([
      { action: 'DATACENTER_DELETE', datacenter: null, detail: { name: 'gamma', detachedImages: 1 } },
    ]);
  });

  it.each([
    ['what was so already, of a datacenter', 'mutation { updateDatacenter(input: { name: "beta", access: PRIVATE, description: "" }) { name } }'],
    ['what was so already, of its settings', 'mutation { updateDatacenterSettings(input: { datacenter: "beta", vmsImageLimit: 9 }) { name } }'],
    ['what was so already, of all settings', 'mutation { updateGlobalSettings(input: { vmsImageVm: null, vmsImageVmNic: 2 }) { vmsImageVmNic } }'],
    ['a rehearsal', 'mutation { deleteImage(input: { name: "one", dryRun: true }) { name } }'],
    ['a broken value', update('alias: ""')],
    ['what is not there', 'mutation { deleteImage(input: { name: "nothing" }) { name } }'],
    ['what the state forbids', 'mutation { deleteImage(input: { name: "subject" }) { name } }'],
  ])('and none is left by %s', async (_what, query) => {
    expect(await entriesOf(rest, query)).toEqual([]);
  });

  it('nor by what is forbidden', async () => {
    expect(await entriesOf(people.dora, update('resize: false'))).toEqual([]);
    expect(await entriesOf(people.peter, 'mutation { deleteImage(input: { name: "one" }) { name } }')).toEqual([]);
  });
});

describe('the log', () => {
  const ids = (entries: Entry[]): string[] => entries.map(({ id }) => id);

  it('is newest first', async () => {
    const times = (await log()).map(({ createdAt }) => Date.parse(createdAt));
    expect(times).toEqual([...times].sort((one, other) => other - one));
  });

  it('is filtered by datacenter, image, action and status, and by all of them together', async () => {
    const all = (await log()) as (Entry & { action: string; imageName: string | null; datacenter: { name: string } | null })[];
    const expected = (test: (entry: (typeof all)[number]) => boolean): string[] => ids(all.filter(test));
    expect(ids(await log({ datacenter: 'alpha' }))).toEqual(expected((entry) => entry.datacenter?.name === 'alpha'));
    expect(ids(await log({ image: 'subject' }))).toEqual(expected((entry) => entry.imageName === 'subject'));
    expect(ids(await log({ action: ['IMAGE_ATTACH', 'IMAGE_DETACH'] }))).toEqual(expected((entry) => entry.action.endsWith('TACH')));
    expect(ids(await log({ status: ['FAILED', 'CANCELLED'] }))).toEqual([]);
    expect(ids(await log({ datacenter: 'alpha', image: 'subject', action: ['IMAGE_UPDATE'], status: ['SUCCEEDED'] }))).toEqual(
      expected((entry) => entry.datacenter?.name === 'alpha' && entry.imageName === 'subject' && entry.action === 'IMAGE_UPDATE'),
    );
    expect(await rest.code(LOG, { datacenter: 'nowhere' })).toBe('NOT_FOUND');
  });

  it('is read page by page, forward and backward, without gap or double', async () => {
    const all = ids(await log());
    const pages = async (size: number, backward: boolean): Promise<string[]> => {
      const seen: string[] = [];
      for (let cursor: string | null = null, more = true; more; ) {
        const { tasks } = await rest.run(LOG, backward ? { last: size, before: cursor } : { first: size, after: cursor });
        seen.splice(backward ? 0 : seen.length, 0, ...ids(tasks.nodes));
        cursor = backward ? tasks.pageInfo.startCursor : tasks.pageInfo.endCursor;
        more = backward ? tasks.pageInfo.hasPreviousPage : tasks.pageInfo.hasNextPage;
        expect(tasks.totalCount).toBe(all.length);
      }
      return seen;
    };
    expect(await pages(3, false)).toEqual(all);
    expect(await pages(4, true)).toEqual(all);
  });

  it('shows everybody their own entries, DCAdmins those of their datacenters, and nobody else any', async () => {
    const { anna, dora, peter } = people;
    const all = (await log()) as (Entry & { user: { username: string }; datacenter: { name: string } | null })[];
    expect(ids(await log({}, dora))).toEqual(ids(all.filter((entry) => entry.datacenter?.name === 'alpha')));
    expect(ids(await log({}, anna))).toEqual(ids(all.filter((entry) => entry.datacenter?.name === 'alpha' || entry.user.username === 'anna')));
    expect(await log({}, peter)).toEqual([]);
    const foreign = all.find((entry) => entry.datacenter?.name !== 'alpha')?.id;
    expect((await dora.run('query ($id: ID!) { task(id: $id) { id } }', { id: foreign })).task).toBeNull();
  });

  it('tells of an image\'s own entries to who may see them', async () => {
    const { image } = await people.dora.run('{ image(name: "subject") { tasks(first: 3) { nodes { imageName } totalCount } } }');
    expect(new Set(image.tasks.nodes.map((entry: { imageName: string }) => entry.imageName))).toEqual(new Set(['subject']));
    expect(image.tasks.totalCount).toBe((await log({ image: 'subject' })).length);
    expect(await people.peter.code('{ image(name: "subject") { tasks { nodes { id } } } }')).toBe('FORBIDDEN');
  });
});
