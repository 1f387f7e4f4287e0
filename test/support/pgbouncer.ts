import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresClient } from '../../src/platform/database/postgres/postgres-connections.js';
import { freePort } from '../../src/platform/http/http.js';
import { debianProgram } from './debian-program.js';
import { temporaryFolder } from './temp-folder.js';

export interface PgBouncer {
  /** The same database, through the pooler. */
  url: string;
  stop: () => Promise<void>;
}

/** Starts a PgBouncer in transaction mode before the database of that URL, on the port given or a free one; null where the machine has none. */
export async function startPgBouncer(url: string, poolSize: number, ownPort?: number): Promise<PgBouncer | null> {
  const program = await debianProgram('pgbouncer', '/usr/sbin/pgbouncer');
  if (program === null) return null;
  const folder = await temporaryFolder();
  const port = ownPort ?? (await freePort('127.0.0.1'));
  const { hostname, port: ofDatabase, username, password, pathname } = new URL(url);
  const settings = join(folder.path, 'pgbouncer.ini');
  await writeFile(settings, `
[databases]
* = host=${hostname} port=${ofDatabase} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 200
server_login_retry = 1
`);
  // It refuses to run as root.
  await Promise.all([chmod(folder.path, 0o755), chmod(settings, 0o644)]);
  const child = spawn(program, [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), settings], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = logOf(child);
  const pooled = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
  await untilItAnswers(pooled, child, log);
  return {
    url: pooled,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await folder.remove();
    },
  };
}

function logOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

async function untilItAnswers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (;;) {
    const client = createPostgresClient(url);
    client.on('error', () => undefined);
    const isThere = await client.connect().then(() => true, () => false);
    await client.end().catch(() => undefined);
    if (isThere) return;
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}:\n${log()}`);
    await sleep(50);
  }
}
