import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/postgres.js';
import { GatewayProcess, type TestClient, startFresh } from '../support/gateway.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { type CommandRunner, freshRunner } from './run-command.js';

const SECRET = 'a secret of more than thirty-two bytes';
const JWKS = { AUTH_JWKS_URL: 'http://127.0.0.1:9/keys' };

let gateway: GatewayProcess;
let admin: TestClient;
let folder: TemporaryFolder;
let local: CommandRunner;

beforeAll(async () => {
  ({ gateway, admin, folder } = await startFresh());
  local = (await freshRunner()).with({ DATA_DIR: folder.path, GATEWAY_URL: gateway.url });
  await admin.run('mutation { createUser(input: { username: "ann" }) { username } }');
  await admin.run('mutation { createUser(input: { username: "gone" }) { username } }');
  await admin.run('mutation { updateUser(input: { username: "gone", active: false }) { username } }');
});
afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

async function whoHas(key: string): Promise<string> {
  return (await local.with({ GATEWAY_KEY: key.trim() }).json<{ user: { username: string } }>('whoami')).user.username;
}

describe('token', () => {
  it('signs in as an active user at a running gateway with the same secret', async () => {
    const { code, stdout } = await local.run('token', 'admin', '--hours', '1');
    expect([code, stdout.trim().split('.').length]).toEqual([0, 3]);
    expect(await whoHas(stdout)).toBe('admin');
    expect(await whoHas((await local.run('token', 'ann')).stdout)).toBe('ann');
  });

  it('refuses a user that is not there, and one that is inactive', async () => {
    expect(await local.run('token', 'nobody')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is no user "nobody"') as string });
    expect(await local.run('token', 'gone')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('inactive') as string });
    expect(await local.run('token', 'system')).toMatchObject({ code: 1, stdout: '' });
  });

  it('refuses a wrong call, and a DATA_DIR of no gateway, where it makes nothing', async () => {
    await using empty = await temporaryFolder();
    expect(await local.run('token', 'admin', '--hours', '0')).toMatchObject({ code: 2 });
    expect(await local.run('token')).toMatchObject({ code: 2 });
    const wrong = local.with({ DATA_DIR: join(empty.path, 'data') });
    expect(await wrong.run('token', 'admin')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^DATA_DIR=.*holds no secret.*Set DATA_DIR/) as string });
    expect(await wrong.with({ AUTH_JWT_SECRET: SECRET }).run('token', 'admin')).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no database') as string });
    await writeFile(join(empty.path, 'other.sqlite'), '');
    expect(await local.with({ DATABASE_URL: `sqlite:${join(empty.path, 'other.sqlite')}` }).run('token', 'admin')).toMatchObject({ code: 1, stderr: expect.stringContaining('not that of a gateway') as string });
    expect(await readdir(empty.path)).toEqual(['other.sqlite']);
  });

  it.each([['AUTH_JWKS_URL', JWKS.AUTH_JWKS_URL], ['AUTH_JWT_PUBLIC_KEY', '-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n-----END PUBLIC KEY-----']])('says under %s what to do instead', async (name, value) => {
    expect(await local.with({ [name]: value }).run('token', 'admin')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(new RegExp(`${name}.*keys create.*admin reset`)) as string });
  });
});

describe('admin reset', () => {
  it('makes a key for admin beside a running gateway, also where tokens come from elsewhere, and prints it alone', async () => {
    const { code, stdout, stderr } = await local.with(JWKS).run('admin', 'reset');
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^igw_[\w-]{43}\n$/), expect.stringContaining('keys revoke')]);
    expect(await whoHas(stdout)).toBe('admin');
    const listed = await local.with({ GATEWAY_KEY: stdout.trim() }).json<{ name: string; prefix: string }[]>('keys', 'ls');
    expect(listed).toContainEqual(expect.objectContaining({ name: 'admin reset', prefix: stdout.slice(0, 12) }));
    expect(gateway.output()).not.toContain(stdout.trim());
    expect(await local.json('admin', 'reset', '--days', '7')).toMatchObject({ username: 'admin', expiresAt: expect.stringMatching(/^20/) as string });
  });

  it('gives rights to nobody who has none, unless it is told to', async () => {
    expect(await local.run('admin', 'reset', 'ann')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/"ann" is no SuperAdmin.*--restore.*Active SuperAdmins: admin\./) as string });
    expect(await local.run('admin', 'reset', 'gone')).toMatchObject({ code: 1, stderr: expect.stringContaining('"gone" is inactive') as string });
    const { code, stdout, stderr } = await local.run('admin', 'reset', 'gone', '--restore');
    expect([code, stderr]).toEqual([0, expect.stringContaining('gone is active and a SuperAdmin now')]);
    await expect.poll(async () => (await local.with({ GATEWAY_KEY: stdout.trim() }).run('users', 'ls')).code, { timeout: 10_000 }).toBe(0);
    expect(await local.run('admin', 'reset', 'nobody', '--restore')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no user "nobody"\. Active SuperAdmins: admin, gone\./) as string });
    expect(await local.run('admin', 'reset', 'system', '--restore')).toMatchObject({ code: 1, stdout: '' });
  });

  it('makes no database, and refuses a wrong call', async () => {
    await using empty = await temporaryFolder();
    expect(await local.with({ DATA_DIR: join(empty.path, 'data') }).run('admin', 'reset')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is no database') as string });
    expect(await readdir(empty.path)).toEqual([]);
    expect(await local.run('admin', 'reset', 'admin', '--days', '0')).toMatchObject({ code: 2 });
    expect(await local.run('admin', 'reset', 'a', 'b')).toMatchObject({ code: 2 });
    expect(await local.run('admin')).toMatchObject({ code: 2 });
    expect(await local.with({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:9/x' }).run('admin', 'reset')).toMatchObject({ code: 1, stderr: expect.not.stringContaining('secret') as string });
  });

  it('does the same on Postgres', async () => {
    const database = await createTestDatabase();
    const settings = { DATABASE_URL: database.url, AUTH_JWT_SECRET: SECRET };
    expect(await local.with(settings).run('admin', 'reset')).toMatchObject({ code: 1, stderr: expect.stringContaining('older than this program') as string });
    await using other = await temporaryFolder();
    const process = await GatewayProcess.start(other.path, settings);
    const there = local.with({ ...settings, GATEWAY_URL: process.url });
    for (const command of [['admin', 'reset'], ['token', 'admin']]) {
      const { stdout } = await there.run(...command);
      expect(await there.with({ GATEWAY_KEY: stdout.trim() }).json('whoami')).toMatchObject({ user: { username: 'admin' } });
    }
    expect(await there.run('token', 'nobody')).toMatchObject({ code: 1 });
    await process.stop();
    await database.drop();
  });
});
