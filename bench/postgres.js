import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { built, pathOf } from '../scripts/project.js';

const SETTINGS = ['shared_buffers=4GB', 'max_wal_size=4GB', 'listen_addresses=127.0.0.1', 'unix_socket_directories='];

/** A Postgres of our own whose data stay in that folder, with the durability that it has in service. */
export async function startPostgres(folder, port = 31_432) {
  const { reachablePostgres } = await import(pathOf('test', 'support', 'reachable-postgres.ts'));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const Postgres = await reachablePostgres(folder);
  const databaseDir = join(folder, 'data');
  const server = new Postgres({
    databaseDir, port, persistent: true, createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C.UTF-8', '--encoding=UTF8'],
    postgresFlags: SETTINGS.flatMap((setting) => ['-c', setting]), onLog: () => undefined, onError: (fault) => console.error(fault),
  });
  if (!existsSync(join(databaseDir, 'PG_VERSION'))) await server.initialise();
  await server.start();
  return { urlOf: (name) => `postgres://postgres:password@127.0.0.1:${port}/${name}`, create: (name) => make(server, name), end: () => server.stop() };
}

/** Makes that database unless it is there; answers whether it was missing. */
async function make(server, name) {
  const client = server.getPgClient();
  await client.connect();
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  await client.end();
  if (rowCount === 0) await server.createDatabase(name);
  return rowCount === 0;
}

/** Whether a Postgres database holds a whole catalogue: the last thing that is written is the statistics of its planner. */
export async function isFilled(url) {
  const { openDatabase } = await built('platform/database/database.js');
  const { ENTITIES } = await built('entities.js');
  const database = await openDatabase({ kind: 'postgres', url }, ENTITIES);
  try {
    const rows = await database.em.getConnection().execute("select 1 from pg_stats where tablename = 'repository_image' limit 1");
    return rows.length > 0;
  } finally {
    await database.close(true);
  }
}

/** Reads what is asked for into the memory of the server, where it is in service after a while. */
export async function warm(url) {
  const { Client } = createRequire(import.meta.url)('pg');
  const client = new Client(url);
  await client.connect();
  await client.query('create extension if not exists pg_prewarm');
  await client.query("select pg_prewarm(c.oid) from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'i') and c.relname !~ '^virtual_'");
  await client.end();
}

/** Processes of the server that work for that database, by id. */
export function backendsOf(name) {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`postgres: postgres ${name} `);
    } catch {
      return false;
    }
  });
}
