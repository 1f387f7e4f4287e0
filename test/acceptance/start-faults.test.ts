import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newerDatabase } from '../support/newer-database.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A start that fails: its code, and what it printed to stderr. */
async function start(settings: Record<string, string>): Promise<{ code: number | null; text: string; seconds: number }> {
  const begun = performance.now();
  const gateway = spawn(process.execPath, [MAIN], { env: { PORT: '0', LOG_LEVEL: 'fatal', ...settings }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 40_000 });
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
    ['a damaged SQLite file', (path) => ({ DATABASE_URL: `sqlite:${path}/damaged.sqlite` }), /^DATABASE_URL=sqlite:\S+damaged\.sqlite: the file is no SQLite file, or is damaged; restore it from a backup\.\n$/],
    ['a database that needs a newer version', (path) => ({ DATABASE_URL: `sqlite:${path}/newer.sqlite` }), /^DATABASE_URL=sqlite:\S+newer\.sqlite: a newer image-gateway has migrated this database, which needs schema version 99 now, and this program knows version \d+; install the newer program, or restore the backup from before the upgrade\.\n$/],
    ['a Postgres that is down', () => ({ DATABASE_URL: 'postgres://u:secret-word@127.0.0.1:1/db' }), /^DATABASE_URL=postgres:\/\/127\.0\.0\.1:1\/db: nothing listens there; start Postgres, or correct host and port\.\n$/],
    ['a Postgres on a host that nobody knows', () => ({ DATABASE_URL: 'postgres://u:secret-word@no-such-host.invalid/db' }), /^DATABASE_URL=\S+: the host name (is not known|cannot be looked up: no name server answers)\.\n$/],
    ['a Postgres that never answers', () => ({ DATABASE_URL: `postgres://u:secret-word@127.0.0.1:${portOf(silent)}/db` }), /^DATABASE_URL=\S+: the host does not answer\.\n$/],
    ['a database that is not there', () => ({ DATABASE_URL: absent() }), /^DATABASE_URL=\S+\/no_such_database: Postgres has no database of that name; create it \(createdb\), it is never made by the gateway\.\n$/],
  ])('says so in one sentence that names the setting: %s', async (mistake, settings, told) => {
    const { code, text, seconds } = await start({ DATA_DIR: join(folder.path, 'data', mistake), ...settings(folder.path) });
    expect(text).toMatch(told);
    expect(text).not.toContain('secret-word');
    expect(code).toBe(1);
    expect(seconds).toBeLessThan(30);
  });
});
