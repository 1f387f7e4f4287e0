import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/platform/http/http.js';
import { reachablePostgres } from './reachable-postgres.js';

/** A Postgres that a test may stop, and set up as it likes. */
export interface OwnPostgres {
  port: number;
  /** The folder of its socket. */
  socketFolder: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** Ends it without a checkpoint, so that the next start recovers from its log. */
  crash: () => Promise<void>;
  /** Stops it, and removes what it wrote. */
  remove: () => Promise<void>;
}

const isRoot = process.getuid?.() === 0;

/**
 * Starts a Postgres of its own. `hba` are the lines of pg_hba.conf, `settings` those of `-c`. `prepare` fills the folder of keys, which
 * then belong to the server alone, as it demands.
 */
export async function startOwnPostgres(options: { hba: string; settings?: (keys: string) => readonly string[]; prepare?: (keys: string) => Promise<void> }): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-pg-'));
  await chmod(folder, 0o755);
  const [data, keys, socketFolder] = ['data', 'keys', 'socket'].map((name) => join(folder, name)) as [string, string, string];
  await Promise.all([mkdir(keys), mkdir(socketFolder)]);
  const port = await freePort('127.0.0.1');
  const Postgres = await reachablePostgres(folder);
  const settings = ['fsync=off', 'synchronous_commit=off', `unix_socket_directories=${socketFolder}`, 'listen_addresses=127.0.0.1', ...(options.settings?.(keys) ?? [])];
  const server = new Postgres({
    databaseDir: data,
    port,
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: ['--locale=C.UTF-8', '--encoding=UTF8', '--no-sync'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await options.prepare?.(keys);
  await writeFile(join(data, 'pg_hba.conf'), options.hba);
  await giveTo(await stat(data), [keys, socketFolder]);
  await server.start();
  return {
    port, socketFolder,
    start: async () => server.start(),
    stop: async () => server.stop(),
    crash: async () => crash(Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10)),
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function crash(pid: number): Promise<void> {
  process.kill(pid, 'SIGQUIT');
  while (isRunning(pid)) await sleep(20);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function giveTo({ uid, gid }: { uid: number; gid: number }, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await chown(folder, uid, gid);
    for (const file of await readdir(folder)) {
      await chown(join(folder, file), uid, gid);
      await chmod(join(folder, file), 0o600);
    }
  }
}
