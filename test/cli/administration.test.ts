import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { type CommandRunner, freshRunnerHere } from './run-command.js';

const NOBODY = { GATEWAY_URL: 'http://127.0.0.1:9' };

let gateway: GatewayProcess;
let data: TemporaryFolder;
let admin: CommandRunner;
let ann: CommandRunner;

beforeAll(async () => {
  ({ gateway, folder: data } = await startFresh());
  admin = (await freshRunnerHere()).with({ GATEWAY_URL: gateway.url, GATEWAY_KEY: gateway.firstKey ?? '' });
  await admin.run('users', 'create', 'ann', '--email', 'ann@example.com');
  ann = admin.with({ GATEWAY_KEY: (await admin.run('keys', 'create', 'ann')).stdout.trim() });
});
afterAll(async () => {
  await gateway?.stop();
  await data?.remove();
});

describe('users', () => {
  it('are made, changed and listed', async () => {
    expect(await admin.run('users', 'create', 'bob')).toMatchObject({ code: 0, stdout: 'User bob is made.\n' });
    expect(await admin.run('users', 'create', 'bob')).toMatchObject({ code: 1, stderr: expect.stringContaining('ALREADY_EXISTS') as string });
    expect(await admin.run('users', 'create', 'bob', '--if-missing')).toMatchObject({ code: 0 });
    expect(await admin.run('users', 'update', 'bob', '--no-active', '--email', 'bob@example.com')).toMatchObject({ code: 0 });
    expect(await admin.json('users', 'ls')).toEqual(expect.arrayContaining([expect.objectContaining({ username: 'bob', active: false, email: 'bob@example.com' })]));
    expect(await admin.run('users', 'update', 'bob', '--email', '')).toMatchObject({ code: 0 });
    expect((await admin.run('users', 'ls')).stdout).toMatch(/^bob +no +no +- +-$/m);
  });
});

describe('groups', () => {
  it('are made, changed, listed and deleted', async () => {
    expect(await admin.run('groups', 'create', 'g', '--permission', 'ADMIN', '--permission', 'IMAGE_ADMIN', '--dc', 'main', '--user', 'ann')).toMatchObject({ code: 0 });
    expect(await admin.run('groups', 'create', 'g', '--if-missing')).toMatchObject({ code: 0, stdout: 'Group g is there already.\n' });
    expect(await admin.run('groups', 'update', 'g', '--permission', 'ADMIN')).toMatchObject({ code: 0 });
    expect(await admin.json('groups', 'ls')).toMatchObject([{ name: 'g', permissions: ['ADMIN'], datacenters: [{ name: 'main' }], users: [{ username: 'ann' }] }]);
    expect(await admin.run('groups', 'update', 'g', '--user', '')).toMatchObject({ code: 0 });
    expect(await admin.json('groups', 'ls')).toMatchObject([{ users: [] }]);
    expect(await admin.run('groups', 'delete', 'g')).toMatchObject({ code: 0 });
    expect(await admin.run('groups', 'delete', 'g', '--if-exists')).toMatchObject({ code: 0 });
  });
});

describe('keys', () => {
  it('are printed alone on stdout, sign in, and are revoked for good', async () => {
    const made = await admin.json<{ id: string; key: string }>('keys', 'create', 'ann', '--name', 'nightly', '--expires-at', '2099-01-01T00:00:00Z');
    const holder = admin.with({ GATEWAY_KEY: made.key });
    expect(await holder.json('whoami')).toMatchObject({ user: { username: 'ann' } });
    for (let times = 0; times < 2; times += 1) expect(await admin.run('keys', 'revoke', made.id)).toMatchObject({ code: 0 });
    expect(await holder.run('whoami')).toMatchObject({ code: 1, stderr: expect.stringContaining('UNAUTHENTICATED') as string });
    const { stdout, stderr } = await admin.run('keys', 'create', 'ann');
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^igw_[\w-]{43}\n$/), expect.stringContaining('keys revoke')]);
    expect(await admin.run('keys', 'create', 'ann', '--expires-at', 'tomorrow')).toMatchObject({ code: 2 });
  });
});

describe('keys of users', () => {
  interface Listed { id: string; user: string; name: string; prefix: string; lastUsedAt: string | null; expiresAt: string | null }

  it('are listed with their last use, also the first one, and never with their secret', async () => {
    await expect.poll(async () => (await admin.json<Listed[]>('keys', 'ls')).find(({ name }) => name === 'first sign-in')?.lastUsedAt, { timeout: 10_000 }).toEqual(expect.stringMatching(/^20.*Z$/));
    const { code, stdout } = await admin.run('keys', 'ls');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ID +USER +NAME +BEGINS WITH +MADE +LAST USED +EXPIRES\n/)]);
    expect(stdout).toContain(String(admin.env['GATEWAY_KEY']).slice(0, 12));
    expect(stdout).not.toContain(String(admin.env['GATEWAY_KEY']));
  });

  it('are made, listed and revoked by everybody for themselves, and by a SuperAdmin for others', async () => {
    const made = await ann.json<{ id: string; key: string; expiresAt: string }>('keys', 'create', '--name', 'mine');
    expect(Date.parse(made.expiresAt) - Date.now()).toBeLessThanOrEqual(365 * 86_400_000);
    const listed = await ann.json<Listed[]>('keys', 'ls');
    expect(listed.map(({ user }) => user)).toEqual(listed.map(() => 'ann'));
    expect(listed).toContainEqual(expect.objectContaining({ id: made.id, name: 'mine', prefix: made.key.slice(0, 12), expiresAt: made.expiresAt }));
    // The last use of ann's own key is written some time after the use, so it may be in one of the two lists only.
    const withoutUse = (keys: Listed[]): Partial<Listed>[] => keys.map((key) => ({ ...key, lastUsedAt: undefined }));
    expect(withoutUse(await admin.json<Listed[]>('keys', 'ls', 'ann'))).toEqual(withoutUse(listed));
    expect((await admin.json<Listed[]>('keys', 'ls', '--all')).map(({ user }) => user)).toEqual(expect.arrayContaining(['admin', 'ann']));
    expect(await ann.run('keys', 'revoke', made.id)).toMatchObject({ code: 0 });
    expect((await ann.json<Listed[]>('keys', 'ls')).map(({ id }) => id)).not.toContain(made.id);
    expect(await ann.run('keys', 'ls', '--limit', '0')).toMatchObject({ code: 2 });
    expect(await admin.run('keys', 'ls', 'ann', '--all')).toMatchObject({ code: 2 });
    expect(await admin.run('keys', 'ls', 'nobody')).toMatchObject({ code: 1, stderr: 'There is no user "nobody".\n' });
    expect(await ann.run('keys', 'create', '--expires-at', '2099-01-01T00:00:00Z')).toMatchObject({ code: 1, stderr: expect.stringMatching(/BAD_USER_INPUT.*365 days/) as string });
    expect(await ann.with(NOBODY).run('keys', 'ls')).toMatchObject({ code: 3 });
  });

  it('of others are revoked by a SuperAdmin only', async () => {
    const { id } = await admin.json<{ id: string }>('keys', 'create', 'admin', '--name', 'not yours');
    expect(await ann.run('keys', 'revoke', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_FOUND') as string });
    expect(await admin.run('keys', 'revoke', id)).toMatchObject({ code: 0 });
    expect(await admin.run('keys', 'revoke')).toMatchObject({ code: 2 });
  });
});

describe('datacenters', () => {
  it('are made, changed, listed and deleted', async () => {
    expect(await admin.run('datacenters', 'create', 'lab', '--owner', 'ann')).toMatchObject({ code: 0 });
    expect(await admin.run('datacenters', 'create', 'lab', '--if-missing')).toMatchObject({ code: 0 });
    expect(await admin.run('datacenters', 'update', 'lab', '--access', 'PUBLIC', '--description', 'For \u001b[31mtrials')).toMatchObject({ code: 1, stderr: expect.stringContaining('U+001B at position 5') });
    expect(await admin.run('datacenters', 'update', 'lab', '--access', 'PUBLIC', '--description', 'For trials')).toMatchObject({ code: 0 });
    expect(await ann.json('datacenters', 'ls')).toMatchObject([{ name: 'lab', access: 'PUBLIC', description: 'For trials' }, { name: 'main' }]);
    expect(await admin.run('datacenters', 'delete', 'lab')).toMatchObject({ code: 0 });
    expect(await admin.run('datacenters', 'delete', 'lab', '--if-exists')).toMatchObject({ code: 0 });
  });
});

describe('permissions explain', () => {
  it('tells what a user holds, and what grants it', async () => {
    await admin.run('datacenters', 'create', 'owned', '--owner', 'ann');
    await admin.run('groups', 'create', 'importers', '--permission', 'ADMIN', '--permission', 'IMAGE_ADMIN', '--dc', 'main', '--user', 'ann');
    expect(await admin.json('permissions', 'explain', 'ann')).toMatchObject({
      active: true,
      grants: [
        { datacenter: 'main', permission: 'ADMIN', by: 'group importers' },
        { datacenter: 'main', permission: 'IMAGE_ADMIN', by: 'group importers' },
        { datacenter: 'owned', permission: 'ADMIN', by: 'owning the datacenter' },
      ],
    });
    expect(await admin.run('permissions', 'explain', 'admin')).toMatchObject({ code: 0, stdout: expect.stringContaining('is a SuperAdmin') as string });
    expect(await admin.run('permissions', 'explain', 'ann', 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('no image "nothing"') as string });
  });
});

describe('a command that only a SuperAdmin may run', () => {
  it.each([
    [['users', 'ls'], ['users', 'ls', 'all']],
    [['users', 'create', 'x'], ['users', 'create']],
    [['users', 'update', 'ann', '--email', 'a@example.com'], ['users', 'update', 'ann']],
    [['groups', 'ls'], ['groups', 'ls', '--limit', '1.5']],
    [['groups', 'create', 'x'], ['groups', 'create']],
    [['groups', 'update', 'x', '--alias', 'y'], ['groups', 'update', 'x']],
    [['groups', 'delete', 'x'], ['groups', 'delete']],
    [['keys', 'create', 'admin'], ['keys', 'create', 'admin', 'x']],
    [['keys', 'ls', 'admin'], ['keys', 'ls', '--limit', '0']],
    [['keys', 'ls', '--all'], ['keys', 'ls', 'x', 'y']],
    [['datacenters', 'create', 'x'], ['datacenters', 'create']],
    [['datacenters', 'update', 'main', '--alias', 'y'], ['datacenters', 'update', 'main']],
    [['datacenters', 'delete', 'main'], ['datacenters', 'delete', '--dc', 'main']],
    [['permissions', 'explain', 'admin'], ['permissions', 'explain']],
    [['repos', 'ls'], ['repos', 'ls', 'x']],
    [['repos', 'add', 'x', 'http://127.0.0.1:9'], ['repos', 'add', 'x']],
    [['repos', 'remove', 'x'], ['repos', 'remove']],
    [['repos', 'refresh'], ['repos', 'refresh', 'x', 'y']],
  ])('%j is refused to others with 1, misunderstood as %j with 2, and cannot be reached with 3', async (words, wrong) => {
    expect(await ann.run(...words)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^FORBIDDEN: /) as string });
    expect(await admin.run(...wrong)).toMatchObject({ code: 2, stdout: '' });
    expect(await ann.with(NOBODY).run(...words)).toMatchObject({ code: 3, stdout: '' });
  });
});
