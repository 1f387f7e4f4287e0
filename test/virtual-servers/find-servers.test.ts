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
  await world.image('shown', { access: 'PUBLIC' });
  await world.image('hidden', { access: 'PRIVATE' });
  await world.server('Web-1.example', { image: 'shown', owner: 'peter' });
  const uuid = await world.server('web-2.example', { image: 'hidden', owner: 'admin', status: 'STOPPED' });
  await admin.run('mutation ($uuid: UUID!) { updateServer(input: { uuid: $uuid, owner: "peter" }) { uuid } }', { uuid });
  await world.server('db', { owner: 'anna', osType: 'BSD_VM' });
  await world.server('elsewhere', { datacenter: 'beta', owner: 'peter' });
});
afterAll(async () => world?.close());

const OF_QUERY = 'query ($filter: ServerFilter) { servers(datacenter: "alpha", filter: $filter) { nodes { hostname } totalCount } }';
const OF_DATACENTER = 'query ($filter: ServerFilter) { datacenter(name: "alpha") { servers(filter: $filter) { nodes { hostname } totalCount } } }';

/** The same from both fields. */
async function found(filter: object | null, client = admin): Promise<string[]> {
  const { servers } = await client.run(OF_QUERY, { filter });
  expect((await client.run(OF_DATACENTER, { filter })).datacenter.servers).toEqual(servers);
  expect(servers.totalCount).toBe(servers.nodes.length);
  return servers.nodes.map(({ hostname }: { hostname: string }) => hostname);
}

describe('a filter of servers', () => {
  it('finds by a part of the host name, OS type, state, image and owner, alone and together', async () => {
    expect(await found({ search: 'WEB' })).toEqual(['Web-1.example', 'web-2.example']);
    expect([await found({ search: 'b' }), await found({ search: '%' }), await found({ search: '2.EX' })]).toEqual([['Web-1.example', 'db', 'web-2.example'], [], ['web-2.example']]);
    expect(await found({ osType: ['BSD_VM', 'SUNOS_VM'] })).toEqual(['db']);
    expect(await found({ status: ['STOPPED', 'ERROR'] })).toEqual(['web-2.example']);
    expect(await found({ image: 'shown' })).toEqual(['Web-1.example']);
    expect(await found({ owner: 'peter', status: ['RUNNING'] })).toEqual(['Web-1.example']);
    expect([await found({ owner: 'nobody' }), await found({ image: 'nothing' })]).toEqual([[], []]);
  });

  it('that is empty, or has empty lists and texts, finds all', async () => {
    for (const filter of [null, {}, { search: '', osType: [], status: null, image: null }]) expect(await found(filter)).toHaveLength(3);
  });

  it('shows nobody more than its own, nor that a server has an image which is hidden', async () => {
    expect(await found({ osType: ['LINUX_VM'] }, people.peter)).toEqual(['Web-1.example', 'web-2.example']);
    expect([await found({ owner: 'anna' }, people.peter), await found({ image: 'hidden' }, people.peter)]).toEqual([[], []]);
    expect([await found({ image: 'shown' }, people.peter), await found({ image: 'hidden' }, people.dora)]).toEqual([['Web-1.example'], ['web-2.example']]);
  });

  it('follows a new host name', async () => {
    const uuid = await world.server('before');
    await admin.run('mutation ($uuid: UUID!) { updateServer(input: { uuid: $uuid, hostname: "After" }) { uuid } }', { uuid });
    expect([await found({ search: 'before' }), await found({ search: 'aft' })]).toEqual([[], ['After']]);
    await admin.run('mutation ($uuid: UUID!) { unregisterServer(uuid: $uuid) }', { uuid });
    expect(await found({ search: 'after' })).toEqual([]);
  });
});
