import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Unpacked packages: the next run finds them here. `npm ci` removes the folder with the rest of node_modules. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/debian', import.meta.url));
const LIBRARIES = ['usr/lib', 'lib'];
/** As Debian names the folder of the libraries of this processor. */
const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/**
 * A program of a Debian package, such as `debianProgram('prometheus', '/usr/bin/promtool')`: the installed one, else one that
 * apt-get downloads and dpkg unpacks below node_modules, which needs no rights. Null where neither is possible: skip the test and say so.
 */
export async function debianProgram(packageName: string, path: string): Promise<string | null> {
  if (await isProgram(path)) return path;
  const folder = join(CACHE, packageName);
  const starter = join(folder, 'start');
  if (await isProgram(starter)) return starter;
  await fetchInto(folder, packageName, path).catch(() => undefined);
  return (await isProgram(starter)) ? starter : null;
}

/**
 * A folder with the contents of these packages, and of the libraries that they need and the machine lacks, for programs of many files
 * that are started by hand: with `librariesIn(folder)` in LD_LIBRARY_PATH. Null where apt-get cannot download them.
 */
export async function debianFolder(name: string, packageNames: readonly string[]): Promise<string | null> {
  const folder = join(CACHE, name);
  if (await isProgram(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const unpacked = await mkdtemp(join(CACHE, `${name}-`));
  try {
    await download([...packageNames, ...(await missingLibraries(packageNames))], unpacked);
    await chmod(unpacked, 0o755);
    await rename(unpacked, folder);
  } catch (error) {
    if (!(await isProgram(folder))) console.error(`${packageNames.join(', ')} could not be downloaded by apt-get.`, error instanceof Error ? error.message : error);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  return (await isProgram(folder)) ? folder : null;
}

/** The folders of libraries below a folder of packages, as LD_LIBRARY_PATH has them. */
export function librariesIn(folder: string, ...below: string[]): string {
  const folders = LIBRARIES.map((library) => join(folder, library, TRIPLET));
  return [...folders, ...below.map((name) => join(folder, 'usr/lib', TRIPLET, name))].join(':');
}

/** What apt-get would install with the packages, without being root and without doing it. */
async function missingLibraries(packageNames: readonly string[]): Promise<string[]> {
  const simulate = async () => run('apt-get', ['install', '--simulate', '--no-install-recommends', ...packageNames], { timeout: 60_000 });
  // A container has no lists of packages before the first update, which only root can make.
  const { stdout } = await simulate().catch(async () => run('apt-get', ['update'], { timeout: 120_000 }).then(simulate));
  const names = [...stdout.matchAll(/^Inst (lib\S+)/gm)].map(([, name = '']) => name);
  return names.filter((name) => name !== 'libc6' && !packageNames.includes(name));
}

async function fetchInto(folder: string, packageName: string, path: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const unpacked = await mkdtemp(join(CACHE, `${packageName}-`));
  try {
    await unpack(packageName, path, unpacked, folder);
    // Fails where another test file was quicker, which is as good.
    await rename(unpacked, folder);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}

/** Unpacks the package into `into`, with the libraries that the machine lacks; it is going to be moved to `folder`. */
async function unpack(packageName: string, path: string, into: string, folder: string): Promise<void> {
  await download([packageName], into);
  const { stdout: linked } = await run('ldd', [join(into, path)]).catch(() => ({ stdout: '' }));
  if (linked.includes('not found')) await download(await librariesOf(packageName), into);
  const { stdout: triplet } = await run('dpkg-architecture', ['-qDEB_HOST_MULTIARCH']).catch(() => run('sh', ['-c', 'basename "$(dirname "$(ls -d /usr/lib/*-linux-gnu/libc.so.6 | head -1)")"']));
  const search = LIBRARIES.map((library) => join(folder, library, triplet.trim())).join(':');
  // exec: a signal to the process that a test started reaches the program.
  await writeFile(join(into, 'start'), `#!/bin/sh\nLD_LIBRARY_PATH='${search}' exec '${join(folder, path)}' "$@"\n`);
  await chmod(join(into, 'start'), 0o755);
  // mkdtemp lets nobody else in, and some programs refuse to run as root.
  await chmod(into, 0o755);
}

async function librariesOf(packageName: string): Promise<string[]> {
  const { stdout } = await run('apt-cache', ['depends', packageName]);
  const names = [...stdout.matchAll(/Depends: (lib[\w.+-]+)$/gm)].map(([, name = '']) => name);
  // The program needs the C library that is running.
  return names.filter((name) => name !== 'libc6');
}

async function download(names: readonly string[], into: string): Promise<void> {
  if (names.length === 0) return;
  await run('apt-get', ['download', ...names], { cwd: into, timeout: 300_000 });
  for (const file of await readdir(into)) {
    if (!file.endsWith('.deb')) continue;
    await run('dpkg', ['-x', file, '.'], { cwd: into, timeout: 60_000 });
    await rm(join(into, file));
  }
}
