import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestClient } from '../support/gateway.js';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;
let people: StaffedWorld['people'];
let admin: TestClient;

interface Entry {
  id: string;
  action: string;
  createdAt: string;
  user: { username: string };
  repository: { name: string } | null;
}

const TASKS = `query ($user: String, $repository: String, $createdAfter: DateTime, $createdBefore: DateTime, $status: [TaskStatus!]) {
  tasks(first: 200, user: $user, repository: $repository, createdAfter: $createdAfter, createdBefore: $createdBefore, status: $status) {
    nodes { id action createdAt user { username } repository { name } } totalCount
  }
}`;

beforeAll(async () => {
  ({ world, people } = await startStaffed({ imageServer: false }));
  admin = world.admin;
  await world.image('subject');
  for (const name of ['first', 'second']) await world.addRepository(name);
  for (const name of ['first', 'second', 'first']) await world.loadRepository(name);
  await people.anna.run('mutation { updateImage(input: { name: "subject", description: "by anna" }) { image { name } } }');
  await people.anna.run('mutation { refreshImageRepository(name: "second") { added } }');
});
afterAll(async () => world?.close());

async function found(filter: Record<string, unknown>, client = admin): Promise<Entry[]> {
  const { tasks } = await client.run(TASKS, filter);
  expect(tasks.totalCount).toBe(tasks.nodes.length);
  return tasks.nodes;
}

const ids = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id);

describe('tasks', () => {
  it('are found by who asked for them and by repository, newest first', async () => {
    const all = await found({});
    expect(await found({ user: 'anna' })).toMatchObject([{ action: 'REPOSITORY_REFRESH', repository: { name: 'second' } }, { action: 'IMAGE_UPDATE' }]);
    expect(ids(await found({ repository: 'first' }))).toEqual(ids(all.filter(({ repository }) => repository?.name === 'first')));
    expect((await found({ repository: 'first' })).length).toBeGreaterThanOrEqual(2);
    expect(await found({ repository: 'second', user: 'anna', status: ['SUCCEEDED'] })).toHaveLength(1);
    expect([await found({ user: 'nobody' }), await found({ repository: 'nowhere' })]).toEqual([[], []]);
  });

  it('are found between two times, which do not count themselves', async () => {
    const all = await found({});
    const [from, to] = [all.at(-2)?.createdAt ?? '', all[1]?.createdAt ?? ''];
    const between = all.filter(({ createdAt }) => createdAt > from && createdAt < to);
    expect(ids(await found({ createdAfter: from, createdBefore: to }))).toEqual(ids(between));
    expect(ids(await found({ createdAfter: from, user: 'anna' }))).toEqual(ids(all.filter(({ createdAt, user }) => createdAt > from && user.username === 'anna')));
    expect([await found({ createdAfter: '2100-01-01T00:00:00Z' }), await found({ createdBefore: '2000-01-01T00:00:00Z' })]).toEqual([[], []]);
  });

  it('come in pages with a filter, from both ends', async () => {
    const all = ids(await found({ repository: 'first' }));
    const walked: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { tasks } = await admin.run('query ($after: String) { tasks(repository: "first", first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }', { after });
      walked.push(...ids(tasks.nodes));
      [after, more] = [tasks.pageInfo.endCursor, tasks.pageInfo.hasNextPage];
    }
    expect(walked).toEqual(all);
    const { tasks } = await admin.run('{ tasks(repository: "first", last: 1) { nodes { id } } }');
    expect(ids(tasks.nodes)).toEqual(all.slice(-1));
  });

  it('of others stay hidden, whoever is asked for', async () => {
    expect(await found({ user: 'admin' }, people.peter)).toEqual([]);
    expect((await found({ user: 'admin' }, people.dora)).map(({ action }) => action)).not.toContain('REPOSITORY_REFRESH');
    expect((await found({ user: 'anna' }, people.anna))).toHaveLength(2);
  });

  it('are not found by repository by who may not see repositories', async () => {
    for (const client of [people.peter, people.dora]) {
      const { errors } = await client.send(TASKS, { repository: 'first' });
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requires: { permissions: expect.arrayContaining(['IMAGE_IMPORT_ADMIN']) } });
    }
    expect(ids(await found({ repository: 'second' }, people.anna))).toHaveLength(1);
  });
});
