import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, link, mkdir, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { GatewayProcess } from '../support/gateway.js';
import { newerDatabase } from '../support/newer-database.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

interface Ended {
  code: number | null;
  /** What it printed to stderr. */
  text: string;
  seconds: number;
}

/** A start that fails. `within` is a command that the gateway runs under. */
async function start(settings: Record<string, string>, { words = [], user, within = [] }: { words?: string[]; user?: number; within?: string[] } = {}): Promise<Ended> {
  const begun = performance.now();
  const [command = '', ...rest] = [...within, process.execPath, MAIN, ...words];
  const gateway = spawn(command, rest, { env: { PORT: '0', LOG_LEVEL: 'fatal', ...settings }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 40_000, ...(user !== undefined && { uid: user }) });
  let text = '';
  gateway.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(gateway, 'close')) as [number | null];
  return { code, text, seconds: (performance.now() - begun) / 1000 };
}

describe('a start that cannot succeed', () => {
  let folder: TemporaryFolder;
  /** Accepts connections, and never says a word. */
  let silent: Server;
  let busy: Server;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder.path, 'file'), 'no folder');
    await writeFile(join(folder.path, 'damaged.sqlite'), 'no database'.repeat(1000));
    await writeFile(join(folder.path, 'list.json'), '["no", "manifest"]');
    await writeFile(join(folder.path, 'hash.json'), JSON.stringify({ abc: '{ viewer { id } }' }));
    await mkdir(join(folder.path, 'used'));
    await writeFile(join(folder.path, 'used', 'jwt-secret'), 'a secret of an earlier start, which had Postgres');
    await mkdir(join(folder.path, 'cut'));
    await writeFile(join(folder.path, 'cut', 'jwt-secret'), 'short');
    await writeFile(join(folder.path, 'cut', 'gateway.sqlite'), '');
    await symlink(join(folder.path, 'unmounted', 'x.sqlite'), join(folder.path, 'link.sqlite'));
    await newerDatabase(join(folder.path, 'newer.sqlite'));
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    busy = createServer().listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(busy, 'listening')]);
  });
  afterAll(async () => {
    silent.close();
    busy.close();
    await folder.remove();
  });

  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const absent = (): string => {
    const url = new URL(inject('pgUrl'));
    url.pathname = '/no_such_database';
    return url.href;
  };

  it.each<[mistake: string, settings: (path: string) => Record<string, string>, told: RegExp]>([
    ['a file in the place of DATA_DIR', (path) => ({ DATA_DIR: `${path}/file` }), /^DATA_DIR=\S+\/file: this is a file where a folder is needed\.\n$/],
    ['a DATA_DIR that the system makes for nobody', () => ({ DATA_DIR: '/proc/nothing' }), /^DATA_DIR=\/proc\/nothing: this is not there\.\n$/],
    ['a host name that nobody knows', () => ({ HOST: 'no-such-host.invalid' }), /^HOST=no-such-host\.invalid: the host name is not known; name an address of this machine/],
    ['an address of another machine', () => ({ HOST: '203.0.113.5' }), /^HOST=203\.0\.113\.5: this machine has no such address/],
    ['a port in use', () => ({ PORT: String(portOf(busy)) }), /^PORT=\d+: another program listens on 127\.0\.0\.1:\d+ already; stop it, or name another port\.\n$/],
    ['no manifest of trusted documents', (path) => ({ TRUSTED_DOCUMENTS: `${path}/none.json` }), /^TRUSTED_DOCUMENTS=\S+none\.json: this is not there\.\n$/],
    ['a manifest of trusted documents that is no JSON', (path) => ({ TRUSTED_DOCUMENTS: `${path}/file` }), /^TRUSTED_DOCUMENTS=\S+\/file: it is no JSON; accepted: a JSON object of SHA-256 \(hex\) to document\.\n$/],
    ['a manifest of trusted documents that is a list', (path) => ({ TRUSTED_DOCUMENTS: `${path}/list.json` }), /^TRUSTED_DOCUMENTS=\S+list\.json: it is no JSON object; accepted: .+\n$/],
    ['a trusted document with another hash', (path) => ({ TRUSTED_DOCUMENTS: `${path}/hash.json` }), /^TRUSTED_DOCUMENTS=\S+hash\.json: "abc" is not the hash of its document; accepted: .+\n$/],
    ['a manifest of trusted documents that is a folder', (path) => ({ TRUSTED_DOCUMENTS: path }), /^TRUSTED_DOCUMENTS=\S+: it is a folder; accepted: .+\n$/],
    ['an SQLite file that is not there', (path) => ({ DATABASE_URL: `sqlite:${path}/typo/gatewy.sqlite` }), /^DATABASE_URL=sqlite:\S+gatewy\.sqlite: the file is not there; correct the path, or restore the file \(a new one is made there by "image-gateway migrate"\)\.\n$/],
    ['a link to an SQLite file that is not there', (path) => ({ DATABASE_URL: `sqlite:${path}/link.sqlite` }), /^DATABASE_URL=sqlite:\S+link\.sqlite: this link leads to a file that is not there; .+\n$/],
    ['a used DATA_DIR without its SQLite file', (path) => ({ DATA_DIR: `${path}/used` }), /^DATA_DIR=\S+used: it has the secret of a gateway and no gateway\.sqlite; set DATABASE_URL if the database is elsewhere, or restore the file \(.+\)\.\n$/],
    ['a folder in place of an SQLite file', (path) => ({ DATABASE_URL: `sqlite:${path}` }), /^DATABASE_URL=sqlite:\S+: this is a folder or a device, and no file; name a file in it\.\n$/],
    ['a secret that was cut', (path) => ({ DATA_DIR: `${path}/cut` }), /^The secret in \S+\/cut\/jwt-secret has only 5 characters, and at least 32 are needed; delete the file to have a new one made, which ends all present tokens, or set AUTH_JWT_SECRET\.\n$/],
    ['a damaged SQLite file', (path) => ({ DATABASE_URL: `sqlite:${path}/damaged.sqlite` }), /^DATABASE_URL=sqlite:\S+damaged\.sqlite: the file is no SQLite file, or is damaged; restore it from a backup\.\n$/],
    ['a database that needs a newer version', (path) => ({ DATABASE_URL: `sqlite:${path}/newer.sqlite` }), /^DATABASE_URL=sqlite:\S+newer\.sqlite: a newer image-gateway has migrated this database, which needs schema version 99 now, and this program knows version \d+; install the newer program, or restore the backup from before the upgrade\.\n$/],
    ['a Postgres that is down', () => ({ DATABASE_URL: 'postgres://u:secret-word@127.0.0.1:1/db' }), /^DATABASE_URL=postgres:\/\/127\.0\.0\.1:1\/db: nothing listens there; start Postgres, or correct host and port\.\n$/],
    ['a Postgres on a host that nobody knows', () => ({ DATABASE_URL: 'postgres://u:secret-word@no-such-host.invalid/db' }), /^DATABASE_URL=\S+: the host name (is not known|cannot be looked up: no name server answers)\.\n$/],
    ['a Postgres that never answers', () => ({ DATABASE_URL: `postgres://u:secret-word@127.0.0.1:${portOf(silent)}/db` }), /^DATABASE_URL=\S+: the host does not answer\.\n$/],
    ['a database that is not there', () => ({ DATABASE_URL: absent() }), /^DATABASE_URL=\S+\/no_such_database: Postgres has no database of that name; create it \(createdb\), it is never made by the gateway\.\n$/],
    ['a URL of Postgres with a slash in its password', () => ({ DATABASE_URL: 'postgres://u:secret-word/@db/catalogue' }), /^The environment cannot be used:\n {2}DATABASE_URL=postgres:\/\/\*\*\*@db\/catalogue: .*accepted: postgres:\/\/USER:PASSWORD@HOST:PORT\/DATABASE, or postgres:\/\/\/DATABASE\?host=\/FOLDER\/OF\/SOCKET.*\n$/],
  ])('says so in one sentence that names the setting: %s', async (mistake, settings, told) => {
    const { code, text, seconds } = await start({ DATA_DIR: join(folder.path, 'data', mistake), ...settings(folder.path) });
    expect(text).toMatch(told);
    expect(text).not.toContain('secret-word');
    expect(code).toBe(1);
    expect(seconds).toBeLessThan(30);
  });

  it('makes no file where a path is wrong', async () => {
    await expect(stat(join(folder.path, 'typo'))).rejects.toThrow('ENOENT');
    await expect(stat(join(folder.path, 'unmounted'))).rejects.toThrow('ENOENT');
    await expect(stat(join(folder.path, 'used', 'gateway.sqlite'))).rejects.toThrow('ENOENT');
  });

  it('is one of a user without rights: the folder of another, and a port below 1024', async (context) => {
    if (Number(await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '1024')) <= 80) context.skip('everybody may listen on port 80 here');
    const [foreign, own] = [join(folder.path, 'foreign'), await temporaryFolder()];
    await mkdir(foreign, { mode: 0o755 });
    await chmod(folder.path, 0o755);
    await chmod(own.path, 0o777);
    if (!isRoot) await chmod(foreign, 0o555);
    const user = isRoot ? { user: NOBODY } : {};
    expect((await start({ DATA_DIR: foreign }, user)).text).toMatch(/^DATA_DIR=\S+foreign: this may not be (used|written) by the user \S+: give it to that user, or name another one\.\n$/);
    expect(await start({ DATA_DIR: join(own.path, 'data'), PORT: '80' }, user)).toMatchObject({ code: 1, text: expect.stringMatching(/^PORT=80: the user \S+ may not listen on a port below 1024; name a higher one, and let a proxy listen on this one\.\n$/) as string });
    await own.remove();
  });

  it('has a temporary folder that is full', async (context) => {
    const full = join(folder.path, 'full');
    await mkdir(full);
    const mounted = `mount -t tmpfs -o size=64k tmpfs '${full}' && head -c 70000 /dev/zero > '${full}/x' 2>/dev/null; exec "$@"`;
    const within = ['unshare', '-rm', 'sh', '-c', mounted, 'sh'];
    if (await run('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs tmpfs '${full}'`]).then(() => false, () => true)) context.skip('this system lets nobody mount');
    const { code, text } = await start({ DATA_DIR: join(folder.path, 'data', 'full'), TMPDIR: full, PATH: process.env['PATH'] ?? '' }, { within });
    expect([code, text]).toEqual([1, `TMPDIR=${full}: the temporary folder is on a disk that is full; make room, or name another folder.\n`]);
  });
});

describe('an SQLite file', () => {
  let folder: TemporaryFolder;
  let file: string;
  const at = (name: string): string => join(folder.path, name);

  beforeAll(async () => {
    folder = await temporaryFolder();
    file = at('catalogue.sqlite');
    await start({ DATA_DIR: at('one'), DATABASE_URL: `sqlite:${file}` }, { words: ['migrate'] });
  });
  afterAll(async () => folder.remove());

  it('that "migrate" has made is filled by the first start, and works for one gateway at a time, whatever path leads there', async () => {
    const first = await GatewayProcess.start(at('one'), { DATABASE_URL: `sqlite:${file}` });
    expect(first.firstKey).toMatch(/^igw_/);
    await symlink(file, at('link.sqlite'));
    await symlink(folder.path, at('folder'));
    for (const path of [file, at('link.sqlite'), at('folder/catalogue.sqlite'), at('one/../folder/link.sqlite')]) {
      const second = await start({ DATA_DIR: at('two'), DATABASE_URL: `sqlite:${path}` });
      expect([second.code, second.text]).toEqual([1, `DATABASE_URL=sqlite:${join(path)}: another gateway works with this file. Stop it first, or name another file.\n`]);
    }
    await link(file, at('hard.sqlite'));
    expect((await start({ DATA_DIR: at('two'), DATABASE_URL: `sqlite:${at('hard.sqlite')}` })).text).toMatch(/^DATABASE_URL=sqlite:\S+hard\.sqlite: the file has 2 names \(hard links\), .+\.\n$/);
    await rm(at('hard.sqlite'));
    // The lock of a killed process is gone with it.
    await first.kill();
    const next = await GatewayProcess.start(at('two'), { DATABASE_URL: `sqlite:${at('link.sqlite')}` });
    expect(next.firstKey).toBeNull();
    expect(await next.stop()).toBe(0);
  });

  it('that is damaged in the middle is refused at the start', async () => {
    const { size } = await stat(file);
    const handle = await open(file, 'r+');
    for (let page = 3; page * 4096 < size; page += 2) await handle.write(Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    await handle.close();
    expect(await start({ DATA_DIR: at('one'), DATABASE_URL: `sqlite:${file}` })).toMatchObject({ code: 1, text: `DATABASE_URL=sqlite:${file}: the file is no SQLite file, or is damaged; restore it from a backup.\n` });
  });
});

it('a start names settings with a typing error in one warning, without their values', async () => {
  await using folder = await temporaryFolder();
  const gateway = await GatewayProcess.start(folder.path, { IMAGE_STOR: 'file:/secret-word', AUTH_JWKS: 'https://secret-word' });
  await gateway.stop();
  expect(gateway.output()).toContain('"msg":"The environment has what looks like settings and is ignored: IMAGE_STOR (do you mean IMAGE_STORE?), AUTH_JWKS (do you mean AUTH_JWKS_URL?)."');
  expect(gateway.output()).not.toContain('secret-word');
});
