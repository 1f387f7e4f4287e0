import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../src/platform/http/http.js';
import { debianFolder, librariesIn } from './debian-program.js';
import { temporaryFolder } from './temp-folder.js';

const run = promisify(execFile);

const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-base', 'ceph-common'];
const STORE_BYTES = 4 * 1024 ** 3;
/** Longer than a start takes on a busy machine. */
const PATIENCE_MS = 40_000;
const STARTS = 3;
const NAME = 'client.rgw';

/** Ceph's S3 server, with its objects in memory. */
export interface Radosgw {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  stop: () => Promise<void>;
}

interface Cluster {
  /** Where the packages are. */
  packages: string;
  folder: string;
  monitorPort: number;
  port: number;
}

/**
 * Starts Ceph by hand: a monitor, one storage daemon that keeps everything in memory, and radosgw. No root, no users of its own, no
 * systemd; some ten seconds. The programs come from Debian packages that are unpacked below node_modules. Null where that is not possible.
 */
export async function startRadosgw(): Promise<Radosgw | null> {
  const packages = await debianFolder('ceph', PACKAGES);
  if (packages === null) return null;
  // Now and then the storage daemon of a new cluster does not come up, and whoever asks waits for ever: begin with an empty one.
  for (let start = 1; start < STARTS; start += 1) {
    const started = await startCluster(packages).catch((error: unknown) => console.error(`Ceph did not start; once more: ${String(error).slice(0, 200)}`));
    if (started !== undefined) return started;
  }
  return startCluster(packages);
}

async function startCluster(packages: string): Promise<Radosgw> {
  const folder = await temporaryFolder();
  const cluster: Cluster = { packages, folder: folder.path, monitorPort: await freePort('127.0.0.1'), port: await freePort('127.0.0.1') };
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await folder.remove();
  };
  try {
    await makeCluster(cluster);
    children.push(daemon(cluster, 'ceph-mon', ['-i', 'a']));
    // It asks the monitor.
    await program(cluster, 'ceph-osd', ['--mkfs', '-i', '0', '--osd-uuid', randomUUID()]);
    children.push(daemon(cluster, 'ceph-osd', ['-i', '0']));
    const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')];
    await program(cluster, 'radosgw-admin', ['-n', NAME, 'user', 'create', '--uid=tests', '--display-name=tests', `--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]);
    children.push(daemon(cluster, 'radosgw', ['-n', NAME]));
    const endpoint = `http://127.0.0.1:${cluster.port}`;
    await untilItAnswers(endpoint, children, folder.path);
    return { endpoint, accessKeyId, secretAccessKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The maps of a cluster of one monitor and one storage daemon, which `ceph` would make through a running monitor. */
async function makeCluster(cluster: Cluster): Promise<void> {
  const id = randomUUID();
  for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(cluster.folder, name));
  await writeFile(join(cluster.folder, 'ceph.conf'), settingsOf(cluster, id));
  await program(cluster, 'monmaptool', ['--create', '--fsid', id, '--addv', 'a', `[v1:127.0.0.1:${cluster.monitorPort}]`, 'monmap']);
  await program(cluster, 'osdmaptool', ['--createsimple', '1', '--with-default-pool', 'osdmap']);
  await program(cluster, 'ceph-mon', ['--mkfs', '-i', 'a', '--monmap', 'monmap', '--osdmap', 'osdmap']);
}

function settingsOf({ packages, folder, monitorPort, port }: Cluster, id: string): string {
  const libraries = librariesIn(packages).split(':')[0];
  return `
[global]
fsid = ${id}
mon host = v1:127.0.0.1:${monitorPort}
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 1
ms bind ipv6 = false
plugin dir = ${libraries}/ceph
erasure code dir = ${libraries}/ceph/erasure-code
osd class dir = ${libraries}/rados-classes
run dir = ${folder}
admin socket =
log file = ${folder}/$name.log
pid file =
[mon.a]
mon data = ${folder}/mon
[osd.0]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = ${STORE_BYTES}
[${NAME}]
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw data = ${folder}/rgw
rgw enable ops log = false
rgw enable usage log = false
`;
}

function environmentOf({ packages }: Cluster): Record<string, string> {
  return { PATH: process.env.PATH ?? '', LD_LIBRARY_PATH: librariesIn(packages, 'ceph') };
}

async function program(cluster: Cluster, name: string, args: readonly string[]): Promise<void> {
  await run(join(cluster.packages, 'usr/bin', name), ['-c', 'ceph.conf', ...args], { cwd: cluster.folder, env: environmentOf(cluster), timeout: PATIENCE_MS });
}

function daemon(cluster: Cluster, name: string, args: readonly string[]): ChildProcess {
  const child = spawn(join(cluster.packages, 'usr/bin', name), ['-c', 'ceph.conf', ...args, '-f'], { cwd: cluster.folder, env: environmentOf(cluster), stdio: 'ignore' });
  // Also where the run is ended by a second Ctrl-C.
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

/** Nothing in memory is worth a graceful end. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function untilItAnswers(endpoint: string, children: readonly ChildProcess[], folder: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    if (await fetch(endpoint).then((answer) => answer.ok, () => false)) return;
    const ended = children.find(({ exitCode }) => exitCode !== null);
    if (ended !== undefined || performance.now() > deadline) {
      const log = await readFile(join(folder, `${NAME}.log`), 'utf8').catch(() => '');
      throw new Error(`radosgw does not answer:\n${log.slice(-2000)}`);
    }
    await sleep(50);
  }
}
