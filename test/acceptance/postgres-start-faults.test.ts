import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import { blackHole, postgresOfVersion, silentInTls, silentPostgres, silentServer, type UnwillingServer } from '../support/unwilling-servers.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A start, or another command, that fails: its code, what it printed, and how long it took. */
async function start(settings: Record<string, string>, words: string[] = []): Promise<{ code: number | null; text: string; seconds: number }> {
  const begun = performance.now();
  const gateway = spawn(process.execPath, [MAIN, ...words], { env: { PORT: '0', LOG_LEVEL: 'fatal', ...settings }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 40_000 });
  let text = '';
  for (const stream of [gateway.stdout, gateway.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(gateway, 'close')) as [number | null];
  return { code, text, seconds: (performance.now() - begun) / 1000 };
}

let folder: TemporaryFolder;
let database: TestDatabase;
const servers: Record<string, UnwillingServer> = {};

beforeAll(async () => {
  [folder, database] = [await temporaryFolder(), await createTestDatabase()];
  Object.assign(servers, {
    silent: await silentServer(), inTls: await silentInTls(), mute: await silentPostgres(), hole: await blackHole(), old: await postgresOfVersion('9.6.24', '90624'),
  });
  // Until the system has taken the connections that fill the queue.
  await sleep(100);
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
  await database?.drop();
  await folder?.remove();
});

const at = (server: string, parameters = ''): string => `postgres://me:secret-word@127.0.0.1:${servers[server]?.port}/db${parameters}`;
const changed = (change: (url: URL) => void): string => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};

describe('a start that cannot use its Postgres', () => {
  // Most of a start is waiting.
  it.concurrent.each<[fault: string, settings: () => Record<string, string>, told: RegExp]>([
    ['a host that lets nobody connect', () => ({ DATABASE_URL: at('hole') }), /^DATABASE_URL=postgres:\/\/127\.0\.0\.1:\d+\/db: the host does not answer\.\n$/],
    ['a server that says nothing', () => ({ DATABASE_URL: at('silent') }), /^DATABASE_URL=\S+: the host does not answer\.\n$/],
    ['a server that says nothing when asked for TLS', () => ({ DATABASE_URL: at('silent', '?sslmode=require') }), /^DATABASE_URL=\S+: the host does not answer\.\n$/],
    ['a server that falls silent in the handshake of TLS', () => ({ DATABASE_URL: at('inTls', '?sslmode=verify-full') }), /^DATABASE_URL=\S+: the host does not answer\.\n$/],
    ['a Postgres that answers no statement', () => ({ DATABASE_URL: at('mute') }), /^DATABASE_URL=\S+: the host does not answer\.\n$/],
    ['a direct URL that says nothing', () => ({ DATABASE_URL: database.url, DATABASE_DIRECT_URL: at('silent') }), /^DATABASE_DIRECT_URL=\S+: the host does not answer\.\n$/],
    ['a Postgres that is too old', () => ({ DATABASE_URL: at('old') }), /^DATABASE_URL=\S+: the server is Postgres 9\.6\.24; the gateway needs version 14 or newer\.\n$/],
    ['a Postgres without TLS', () => ({ DATABASE_URL: changed((url) => url.searchParams.set('sslmode', 'require')) }), /^DATABASE_URL=\S+: the server speaks no TLS; take sslmode out of the URL, or switch TLS on there\.\n$/],
    ['a wrong password', () => ({ DATABASE_URL: changed((url) => (url.password = 'secret-word')) }), /^DATABASE_URL=\S+: Postgres refuses the password, or the user does not exist\.\n$/],
    ['no such user', () => ({ DATABASE_URL: changed((url) => (url.username = 'nobody')) }), /^DATABASE_URL=\S+: Postgres refuses the password, or the user does not exist\.\n$/],
    ['no such database', () => ({ DATABASE_URL: changed((url) => (url.pathname = '/none')) }), /^DATABASE_URL=\S+\/none: Postgres has no database of that name; create it \(createdb\), it is never made by the gateway\.\n$/],
    ['no file of the authority', () => ({ DATABASE_URL: at('silent', '?sslmode=verify-full&sslrootcert=/none.pem') }), /DATABASE_URL=postgres:\S+\/db\?\*\*\*: sslrootcert: the file \/none\.pem cannot be read \(ENOENT\); accepted: the path of a PEM file\n$/],
    ['a direct URL beside SQLite', () => ({ DATABASE_DIRECT_URL: at('silent') }), /DATABASE_DIRECT_URL: it leads to the same database as DATABASE_URL; accepted: beside a DATABASE_URL of Postgres\n$/],
  ])('says so in one sentence, and soon: %s', async (fault, settings, told) => {
    const { code, text, seconds } = await start({ DATA_DIR: `${folder.path}/${fault}`, ...settings() });
    expect(text).toMatch(told);
    expect(text).not.toContain('secret-word');
    expect(code).toBe(1);
    // 10 s where the machine has nothing else to do.
    expect(seconds).toBeLessThan(25);
  });

  it('says the same in the commands that use the database', async () => {
    const settings = { DATA_DIR: folder.path, DATABASE_URL: at('old') };
    expect(await start(settings, ['migrate', 'status'])).toMatchObject({ code: 3, text: expect.stringContaining('needs version 14 or newer') as string });
    expect(await start(settings, ['doctor'])).toMatchObject({ code: 1, text: expect.stringContaining('needs version 14 or newer') as string });
  });
});
