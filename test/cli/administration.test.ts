import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startFresh } from '../support/gateway.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { type CommandRunner, freshRunner } from './run-command.js';

const NOBODY = { GATEWAY_URL: 'http://127.0.0.1:9' };

let gateway: GatewayProcess;
let data: TemporaryFolder;
let admin: CommandRunner;
let ann: CommandRunner;

beforeAll(async () => {
  ({ gateway, folder: data } = await startFresh());
  admin = (await freshRunner()).with({ GATEWAY_URL: gateway.url, GATEWAY_KEY: gateway.firstKey ?? '' });
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

describe('datacenters', () => {
  it('are made, changed, listed and deleted', async () => {
    expect(await admin.run('datacenters', 'create', 'lab', '--owner', 'ann')).toMatchObject({ code: 0 });
    expect(await admin.run('datacenters', 'create', 'lab', '--if-missing')).toMatchObject({ code: 0 });
    expect(await admin.run('datacenters', 'update', 'lab', '--access', 'PUBLIC', '--description', 'For \u001b[31mtrials')).toMatchObject({ code: 0 });
    expect((await ann.run('datacenters', 'ls')).stdout).toMatch(/^lab .* For {1,2}\[31mtrials$/m);
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
    [['keys', 'create', 'admin'], ['keys', 'create']],
    [['keys', 'revoke', 'x'], ['keys', 'revoke']],
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
