import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The project's folder, with a separator at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

export function pathOf(...names) {
  return join(root, ...names);
}

/** Ends the process with one line on stderr. */
export function stop(message) {
  console.error(message);
  process.exit(1);
}

/** Prints `help` and ends when --help is asked for; refuses a Node that is too old. */
export function begin(help) {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 24) {
    stop(`This needs Node 24 or newer, and this is ${process.version}. Use "npm run …", which takes the Node 24 that "npm ci" installed.`);
  }
  if (!process.argv.includes('--help')) return;
  console.log(help);
  process.exit(0);
}

/** Runs a program of a package in the project, by this Node, and answers whether it succeeded; what it prints goes to stderr. */
export function run(command, ...args) {
  return runIn(root, command, ...args);
}

export function runIn(folder, command, ...args) {
  const path = [pathOf('node_modules', '.bin'), pathOf('test', 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** Installs what tests and checks need besides the project, as test/package-lock.json names it, unless it is there already. */
export async function installTestPackages() {
  const lock = createHash('sha256').update(readFileSync(pathOf('test', 'package-lock.json'))).digest('hex');
  const stamp = pathOf('test', 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing what only tests and checks need, into test/node_modules.');
  if (!(await runIn(pathOf('test'), 'npm', 'ci', '--no-audit', '--no-fund'))) stop('The packages of test/package.json were not installed; see npm\'s message above.');
  writeFileSync(stamp, lock);
}

/** Loads a module as it was compiled, such as `config.js`. */
export function built(file) {
  return import(pathToFileURL(pathOf('dist', 'modules', file)).href);
}

/** The validated settings; on a fault the process ends with the list of faults. */
export async function configured() {
  const { ConfigError, readConfig } = await built('config/config.js');
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) stop(error.message);
    throw error;
  }
}

/** When something under these paths was last changed, added or removed, in ms; a missing path counts as never. */
export function lastChange(...paths) {
  return Math.max(0, ...paths.map((path) => pathOf(path)).filter(existsSync).map(newest));
}

function newest(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
