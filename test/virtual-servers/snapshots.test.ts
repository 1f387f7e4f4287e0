import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../support/gateway.js';
import { World } from '../support/world.js';

const REGISTER = 'mutation ($input: RegisterSnapshotInput!) { registerSnapshot(input: $input) { name diskId size status server { hostname } createdAt } }';
const UNREGISTER = 'mutation ($input: SnapshotKeyInput!) { unregisterSnapshot(input: $input) }';
const SNAPSHOTS = 'query ($hostname: String!) { server(hostname: $hostname) { snapshots { name diskId status } } }';

let world: World;
let admin: TestClient;
let uuid: string;

beforeAll(async () => {
  world = await World.start();
  ({ admin } = world);
  uuid = await world.server('web01', { disks: [{ diskId: 1, size: 10_240 }, { diskId: 2, size: 512 }] });
});
afterAll(async () => {
  await world?.close();
});

async function names(hostname: string): Promise<string[]> {
  return (await admin.run(SNAPSHOTS, { hostname })).server.snapshots.map((snapshot: { diskId: number; name: string }) => `${snapshot.diskId}/${snapshot.name}`);
}

describe('registering a snapshot', () => {
  it('finds its server by host name or UUID; it is OK and of disk 1 by default', async () => {
    const { registerSnapshot: shown } = await admin.run(REGISTER, { input: { server: 'web01', name: 'daily', size: 100 } });
    expect(shown).toMatchObject({ name: 'daily', diskId: 1, size: 100, status: 'OK', server: { hostname: 'web01' } });
    await world.snapshot(uuid.toUpperCase(), 'daily', { diskId: 2, status: 'LOST', size: 0 });
    expect(await names('web01')).toEqual(['1/daily', '2/daily']);
  });

  it('does not show its dataUrl', async () => {
    expect(await admin.code('{ server(hostname: "web01") { snapshots { dataUrl } } }')).not.toBe('data');
  });

  it('refuses a name that the disk has already, also at the same moment', async () => {
    expect(await admin.code(REGISTER, { input: { server: 'web01', name: 'daily', size: 1 } })).toBe('ALREADY_EXISTS');
    const codes = await Promise.all(Array.from({ length: 5 }, () => admin.code(REGISTER, { input: { server: 'web01', name: 'crowd', size: 1 } })));
    expect(codes.sort()).toEqual([...Array(4).fill('ALREADY_EXISTS'), 'data'].sort());
  });

  it('names every broken value at once', async () => {
    const { errors } = await admin.send(REGISTER, { input: { server: 'web01', name: 'a b', diskId: 3, size: -1 } });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const fields = errors[0]?.extensions.fields as { path: string; message: string }[];
    expect(fields.map((field) => field.path)).toEqual(['name', 'diskId', 'size']);
    expect(fields[1]?.message).toContain('it has 1, 2');
  });

  it('refuses an unknown server before it checks the rest', async () => {
    expect(await admin.code(REGISTER, { input: { server: 'nowhere', name: '', size: -1 } })).toBe('NOT_FOUND');
    expect(await admin.code(REGISTER, { input: { server: randomUUID(), name: 'daily', size: 1 } })).toBe('NOT_FOUND');
  });

  it.each(['ftp://127.0.0.1/x', 'http://user:secret@example.com/x', 'nothing'])('refuses the address %s', async (dataUrl) => {
    expect(await admin.code(REGISTER, { input: { server: 'web01', name: 'url', size: 1, dataUrl } })).toBe('BAD_USER_INPUT');
  });

  it('is for SuperAdmins, like unregistering', async () => {
    const { client } = await world.person('dora', { permissions: ['ADMIN', 'IMAGE_ADMIN'] });
    expect(await client.code(REGISTER, { input: { server: 'web01', name: 'hers', size: 1 } })).toBe('FORBIDDEN');
    expect(await client.code(UNREGISTER, { input: { server: 'web01', name: 'daily' } })).toBe('FORBIDDEN');
    expect(await client.run(SNAPSHOTS, { hostname: 'web01' })).toMatchObject({ server: { snapshots: expect.arrayContaining([{ name: 'daily', diskId: 1, status: 'OK' }]) } });
  });
});

describe('unregistering a snapshot', () => {
  it('deletes that one only', async () => {
    for (const name of ['one', 'two']) await world.snapshot('web01', name);
    expect(await admin.run(UNREGISTER, { input: { server: uuid, name: 'one' } })).toEqual({ unregisterSnapshot: true });
    expect(await names('web01')).not.toContain('1/one');
    expect(await names('web01')).toContain('1/two');
  });

  it.each(['PENDING', 'ROLLBACK', 'LOST'])('deletes one that was reported as %s, as no task uses it', async (status) => {
    await world.snapshot('web01', 'odd', { status });
    expect(await world.snapshotStatus('web01', 'odd')).toBe(status);
    expect(await admin.run(UNREGISTER, { input: { server: 'web01', name: 'odd' } })).toEqual({ unregisterSnapshot: true });
  });

  it('refuses an unknown server, name or disk', async () => {
    await world.snapshot('web01', 'known');
    for (const input of [{ server: 'nowhere', name: 'known' }, { server: 'web01', name: 'unknown' }, { server: 'web01', name: 'known', diskId: 2 }]) {
      expect(await admin.code(UNREGISTER, { input })).toBe('NOT_FOUND');
    }
  });
});
