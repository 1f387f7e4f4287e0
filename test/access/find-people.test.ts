import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/database/database.js';
import { ENTITIES } from '../../src/entities.js';
import type { TestClient } from '../support/gateway.js';
import { startStaffed, type StaffedWorld } from '../support/staff.js';
import type { World } from '../support/world.js';

let world: World;
let people: StaffedWorld['people'];
let admin: TestClient;

beforeAll(async () => {
  ({ world, people } = await startStaffed({ imageServer: false }));
  admin = world.admin;
  await admin.run('mutation { createUser(input: { username: "gone", email: "ZOË@Example.com" }) { username } }');
  await admin.run('mutation { updateUser(input: { username: "gone", active: false }) { username } }');
  await admin.run('mutation { createUser(input: { username: "Outsider" }) { username } }');
  await admin.run('mutation { createGroup(input: { name: "late", alias: "Spät ÄÖÜ", permissions: [], users: ["gone"], datacenters: ["alpha"] }) { name } }');
  await admin.run('mutation { createDatacenter(input: { name: "gamma", alias: "Zürich", access: PUBLIC }) { name } }');
});
afterAll(async () => world?.close());

const names = (nodes: Record<string, string>[]): string[] => nodes.map((node) => String(node['username'] ?? node['name']));

async function list(field: string, args: string, client = admin): Promise<string[]> {
  const { [field]: connection } = await client.run(`{ ${field}${args === '' ? '' : `(${args})`} { nodes { ${field === 'users' ? 'username' : 'name'} } totalCount } }`);
  expect(connection.totalCount).toBe(connection.nodes.length);
  return names(connection.nodes);
}

const ALL = ['Outsider', 'admin', 'anna', 'dora', 'gone', 'otto', 'peter'];

describe('users', () => {
  it('are listed by name without the one that works for the gateway, and those who can sign in or cannot', async () => {
    expect(await list('users', '')).toEqual(ALL);
    expect([await list('users', 'active: true'), await list('users', 'active: false'), await list('users', 'active: null')]).toEqual([ALL.filter((one) => one !== 'gone'), ['gone'], ALL]);
  });

  it('are found by a part of the username or e-mail address, in upper or lower case', async () => {
    expect([await list('users', 'search: "OUT"'), await list('users', 'search: "zoë@EX"'), await list('users', 'search: "_"'), await list('users', 'search: ""')]).toEqual([['Outsider'], ['gone'], [], ALL]);
    await admin.run('mutation { updateUser(input: { username: "gone", email: "new@example.com" }) { username } }');
    expect([await list('users', 'search: "zoë"'), await list('users', 'search: "NEW@", active: false'), await list('users', 'search: "new@", active: true')]).toEqual([[], ['gone'], []]);
  });

  it('come in pages, from both ends', async () => {
    const { users } = await admin.run('{ users(first: 2) { nodes { username } pageInfo { hasNextPage endCursor } } }');
    expect([names(users.nodes), users.pageInfo.hasNextPage]).toEqual([ALL.slice(0, 2), true]);
    const page = await admin.run('query ($at: String) { next: users(first: 3, after: $at) { nodes { username } } back: users(last: 1, before: $at) { nodes { username } } }', { at: users.pageInfo.endCursor });
    expect([names(page.next.nodes), names(page.back.nodes)]).toEqual([ALL.slice(2, 5), ALL.slice(0, 1)]);
    expect(await admin.code('{ users(first: 201) { totalCount } }')).toBe('BAD_USER_INPUT');
  });

  it('leave the rest of the answer to who may not list them', async () => {
    const { data, errors } = await people.anna.send('{ users { totalCount } groups { totalCount } viewer { user { username } } }');
    expect(data).toEqual({ users: null, groups: null, viewer: { user: { username: 'anna' } } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });
});

describe('groups and datacenters', () => {
  it('are found by a part of name or alias, in upper or lower case of any alphabet', async () => {
    expect([await list('groups', ''), await list('groups', 'search: "SPÄT"'), await list('groups', 'search: "äöü"'), await list('groups', 'search: "MIN"')]).toEqual([['admins', 'importers', 'late', 'users'], ['late'], ['late'], ['admins']]);
    await admin.run('mutation { updateGroup(input: { name: "late", alias: "Ø" }) { name } }');
    expect([await list('groups', 'search: "ø"'), await list('groups', 'search: "spät"')]).toEqual([['late'], []]);
    expect([await list('datacenters', 'search: "ZÜR"'), await list('datacenters', 'search: "AM"'), await list('datacenters', 'search: "%"')]).toEqual([['gamma'], ['gamma'], []]);
  });

  it('are found only where they are seen', async () => {
    expect([await list('datacenters', 'search: "a"'), await list('datacenters', 'search: "a"', people.peter)]).toEqual([['alpha', 'beta', 'gamma', 'main'], ['alpha', 'gamma', 'main']]);
  });
});

describe('the members of a datacenter', () => {
  const members = async (client: TestClient, name: string, args = ''): Promise<string[]> => names((await client.run(`{ datacenter(name: "${name}") { members${args} { nodes { username } } } }`)).datacenter.members.nodes);

  it('are the active users with access to it, whom an image may be given to', async () => {
    expect(await members(people.dora, 'alpha')).toEqual(['admin', 'anna', 'dora', 'otto', 'peter']);
    expect(await members(admin, 'beta')).toEqual(['admin']);
    expect(await members(admin, 'gamma')).toEqual(ALL.filter((one) => one !== 'gone'));
    await admin.run('mutation { updateDatacenter(input: { name: "beta", owner: "Outsider" }) { name } }');
    expect(await members(admin, 'beta')).toEqual(['Outsider', 'admin']);
  });

  it('are found by their username alone, and come in pages', async () => {
    expect([await members(people.dora, 'alpha', '(search: "NN")'), await members(people.dora, 'alpha', '(search: "@")'), await members(people.dora, 'alpha', '(last: 2)')]).toEqual([['anna'], [], ['otto', 'peter']]);
  });

  it('are null with FORBIDDEN for who holds no ADMIN there, and show no more of a user than elsewhere', async () => {
    const { data, errors } = await people.peter.send('{ datacenter(name: "alpha") { name members { totalCount } } }');
    expect(data).toEqual({ datacenter: { name: 'alpha', members: null } });
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requires: { permissions: ['ADMIN'], datacenter: 'alpha' } });
    expect(await people.dora.code('{ datacenter(name: "alpha") { members(search: "anna") { nodes { email } } } }')).toBe('FORBIDDEN');
  });
});

it('users and groups that another program wrote are found after the next start', async () => {
  await world.restart(async (target) => {
    const database = await openDatabase(target, ENTITIES);
    const run = async (statement: string): Promise<unknown> => database.em.getConnection().execute(statement, [], 'run');
    await run("insert into user_account (username, email, created_at) values ('foreign', 'ÉMILE@example.com', 0)");
    await run("insert into user_group (name, alias, permissions, created_at) values ('foreign', 'ÉQUIPE', '[]', 0)");
    await database.close(true);
  });
  admin = world.admin;
  expect([await list('users', 'search: "émile"'), await list('groups', 'search: "équipe"')]).toEqual([['foreign'], ['foreign']]);
});
