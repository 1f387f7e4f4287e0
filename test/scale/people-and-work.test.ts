import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupQueries } from '../../src/access/people/group.queries.js';
import { type UserFilter, UserQueries } from '../../src/access/people/user.queries.js';
import { Viewer } from '../../src/access/viewer.js';
import { DatacenterQueries } from '../../src/datacenters/datacenter.queries.js';
import type { DatacenterType } from '../../src/datacenters/datacenter.type.js';
import { MemberQueries } from '../../src/datacenters/members/member.queries.js';
import { ImageQueries } from '../../src/images/image.queries.js';
import type { Database } from '../../src/platform/database/database.js';
import { nameKeyStatements, restoreNameKeys } from '../../src/platform/database/schema/restore-name-keys.js';
import { type TaskFilter, TaskQueries } from '../../src/tasks/task.queries.js';
import type { ServerFilter } from '../../src/virtual-servers/list/server-filter.inputs.js';
import { ServerQueries } from '../../src/virtual-servers/server.queries.js';
import { KINDS, PlannedDatabase } from './planned-database.js';

const ROWS = 8000;
const ADMIN = new Viewer({ userId: 1, username: 'admin', isSuperAdmin: true, currentDatacenterId: null, memberships: [] });
const PLAIN = new Viewer({ userId: 7, username: 'user-7', isSuperAdmin: false, currentDatacenterId: null, memberships: [] });
const MAIN = { id: 1, name: 'main', access: 'PUBLIC', ownerId: 1 } as DatacenterType;
const CLOSED = { id: 2, name: 'closed', access: 'PRIVATE', ownerId: 1 } as DatacenterType;
const SELECTION = { items: true, totalCount: false, fields: new Set<string>() };

const TABLES: [insert: string, row: (id: number) => string][] = [
  ['user_account (id, username, search_text, active, is_super_admin, created_at)', (id) => `(${id}, 'user-${id}', 'user-${id}', ${id % 500 === 0 ? 'false' : 'true'}, ${id === 1 ? 'true' : 'false'}, 0)`],
  ['user_group (id, name, alias, search_text, permissions, created_at)', (id) => `(${id}, 'group-${id}', '', 'group-${id}', '[]', 0)`],
  ['datacenter (id, name, alias, access, owner_id, created_at)', (id) => `(${id}, 'dc-${id}', '', 'PUBLIC', 1, 0)`],
  ['user_group_member (user_id, group_id)', (id) => `(${id}, ${1 + (id % 2000)})`],
  ['datacenter_group (datacenter_id, group_id)', (id) => `(${id}, ${id === 2 ? 3 : 2000 + (id % 2000)})`],
  ['virtual_server (id, uuid, hostname, datacenter_id, owner_id, os_type, status, tags, addresses, created_at)', (id) => `(${id}, 's${id}', 'server-${id}', 1, ${1 + (id % 1000)}, '${id % 400 === 0 ? 'BSD_VM' : 'LINUX_VM'}', '${id % 400 === 1 ? 'ERROR' : 'RUNNING'}', '[]', '[]', 0)`],
  ['task (id, action, status, user_id, repository_id, datacenter_id, detail, instructions, created_at, finished_at)', (id) => `('t${id}', 'IMAGE_UPDATE', '${id % 400 === 0 ? 'FAILED' : 'SUCCEEDED'}', ${1 + (id % 50)}, ${id % 2 === 0 ? 1 : 'null'}, 1, '{}', '{}', ${id * 1000}, 0)`],
];

async function fill(database: Database): Promise<void> {
  const run = async (statement: string): Promise<unknown> => database.em.fork().getConnection().execute(statement, [], 'run');
  for (const [insert, row] of TABLES) {
    if (insert.startsWith('task')) await run("insert into image_repository (id, name, url, created_at) values (1, 'offers', 'http://offers.invalid', 0)");
    for (let start = 1; start <= ROWS; start += 1000) await run(`insert into ${insert} values ${Array.from({ length: 1000 }, (_, at) => row(start + at)).join()}`);
  }
  await run("insert into image (id, uuid, name, alias, alias_key, version, owner_id, size_mib, os_type, search_text, created_at, updated_at) values (1, 'u1', 'image', '', '', '1', 1, 1024, 'LINUX_VM', '', 0, 0), (2, 'u2', 'rare', '', 'r', '1', 1, 1024, 'LINUX_VM', '', 0, 0)");
  for (let start = 1; start <= ROWS; start += 1000) await run(`insert into virtual_disk (server_id, disk_id, size_mib, image_id) values ${Array.from({ length: 1000 }, (_, at) => `(${start + at}, 1, 1, ${(start + at) % 400 === 0 ? 2 : 1})`).join()}`);
}

/** Filters, with whether few rows meet them: these may be sorted, the others are read in order. */
const SERVERS: [filter: ServerFilter, few: boolean][] = [
  [{}, false], [{ status: ['RUNNING'] }, false], [{ osType: ['LINUX_VM'], status: ['RUNNING', 'STOPPED'] }, false], [{ image: 'image' }, false], [{ search: 'server' }, false],
  [{ status: ['ERROR'] }, true], [{ osType: ['BSD_VM'] }, true], [{ image: 'rare' }, true], [{ owner: 'user-9' }, true], [{ search: 'er-7919' }, true], [{ status: ['RUNNING'], owner: 'user-9' }, true],
];
const TASKS: [filter: TaskFilter, few: boolean][] = [
  [{}, false], [{ user: 'user-7' }, false], [{ repository: 'offers' }, false], [{ createdAfter: new Date(1_000_000) }, false], [{ createdBefore: new Date(7_000_000) }, false],
  [{ repository: 'offers', createdAfter: new Date(1_000_000), createdBefore: new Date(7_000_000) }, false], [{ user: 'user-7', status: ['SUCCEEDED'] }, false], [{ status: ['SUCCEEDED'] }, false],
  [{ status: ['FAILED'] }, true], [{ status: ['FAILED'], createdAfter: new Date(1_000_000) }, true], [{ user: 'nobody' }, true],
];

describe.each(KINDS)('on %s', (kind) => {
  let planned: PlannedDatabase;

  beforeAll(async () => {
    planned = await PlannedDatabase.open(kind, fill);
  });
  afterAll(async () => planned?.close());

  /** The plan if it reads a whole table or, unless few rows are left, sorts many. */
  async function fault(list: () => Promise<unknown>, few = false): Promise<string[]> {
    const plan = await planned.planOf(list);
    return few ? planned.scans(plan) : planned.slow(plan);
  }

  function servers(viewer: Viewer): ServerQueries {
    const em = planned.database.em.fork();
    return new ServerQueries(em, viewer, new ImageQueries(em, viewer, new DatacenterQueries(em, viewer)));
  }
  const tasks = (viewer: Viewer): TaskQueries => new TaskQueries(planned.database.em.fork(), viewer);
  const users = (): UserQueries => new UserQueries(planned.database.em.fork());

  it.each(SERVERS)('servers of a datacenter are read along an index, or found by one: %o, few: %s', async (filter, few) => {
    for (const page of [{}, { last: 50 }]) expect(await fault(async () => servers(ADMIN).ofDatacenter(MAIN, { page, filter, selection: SELECTION }), few)).toEqual([]);
    expect(await fault(async () => servers(PLAIN).ofDatacenter(MAIN, { page: {}, filter, selection: SELECTION }), true)).toEqual([]);
  });

  it.each(TASKS)('tasks are read along an index, or found by one: %o, few: %s', async (filter, few) => {
    for (const page of [{}, { last: 50 }]) expect(await fault(async () => tasks(ADMIN).page(filter, page, SELECTION), few)).toEqual([]);
  });

  it('own tasks are read along an index', async () => {
    expect(await fault(async () => tasks(PLAIN).page({}, {}, SELECTION))).toEqual([]);
    expect(await fault(async () => tasks(PLAIN).page({ createdAfter: new Date(1_000_000) }, {}, SELECTION))).toEqual([]);
  });

  it.each([
    [{}, false], [{ active: true }, false], [{ active: false }, false], [{ search: 'user' }, false], [{ search: 'us' }, false],
    [{ search: '7919', active: true }, true], [{ search: 'user-7919' }, true], [{ search: 'nobody' }, true],
  ] as [filter: UserFilter, few: boolean][])('users are read along an index, or found by one: %o, few: %s', async (filter, few) => {
    const plan = await planned.planOf(async () => users().page(filter, {}, SELECTION));
    expect(few ? planned.scans(plan) : planned.slow(plan)).toEqual([]);
    expect(plan.steps.some((step) => step.includes('user_account_search_index') || step.startsWith('SEARCH u USING INTEGER PRIMARY KEY'))).toBe(few);
  });

  it('groups are read along an index, also those that a search finds', async () => {
    for (const search of [null, 'group']) expect(await fault(async () => new GroupQueries(planned.database.em.fork()).page(search, {}, SELECTION))).toEqual([]);
  });

  it('rows whose name has no key are found by an index, so that a start reads no table', async () => {
    const em = planned.database.em.fork();
    await restoreNameKeys(em);
    await em.getConnection().execute('analyze', [], 'run');
    // Of images there are two, which are read as fast without an index.
    const ofMany = nameKeyStatements(em).filter(({ text }) => !/^update .?image\b/.test(text));
    expect(ofMany).toHaveLength(4);
    for (const { text } of ofMany) expect(planned.scans(await planned.planOfStatement({ sql: text, parameters: [] }))).toEqual([]);
  });

  it('members of a public datacenter are read along an index, those of a private one found by its groups', async () => {
    const members = new MemberQueries(ADMIN, users());
    expect(await fault(async () => members.ofDatacenter(MAIN, null, {}, SELECTION))).toEqual([]);
    expect(await fault(async () => members.ofDatacenter(MAIN, 'user-7919', {}, SELECTION), true)).toEqual([]);
    expect(await fault(async () => members.ofDatacenter(CLOSED, 'user', {}, SELECTION), true)).toEqual([]);
  });
});
