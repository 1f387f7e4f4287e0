import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf, stop } from '../scripts/project.js';
import { MEMORY } from './gateway.js';

/** What is compared, in the order of the table. */
export const SERVERS = ['gateway', 'limit', 'mercurius', 'mercurius-loaders', 'yoga'];

const SERVER_CORE = '0';
export const LOAD_CORE = '1';

/** `node …` on one core, where taskset is there to say so. */
export function nodeOn(core, args, env = process.env) {
  const isPinned = existsSync('/usr/bin/taskset');
  const [command, rest] = isPinned ? ['taskset', ['-c', core, process.execPath, ...args]] : [process.execPath, args];
  return spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Reads until the server says where it listens. */
async function started(child, pattern) {
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    const url = pattern.exec(output)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { child, url };
  }
  return stop(`A server did not start:\n${output}`);
}

/** The gateway as it runs in service; `nodeArguments` are for profiles. */
export function startGateway(folder, nodeArguments = []) {
  return startGatewayOf(pathOf('dist', 'main.js'), folder, nodeArguments);
}

function startGatewayOf(main, folder, nodeArguments = []) {
  const env = { ...process.env, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn', REFRESH_INTERVAL: '0', COST_PER_SECOND: '0' };
  const child = nodeOn(SERVER_CORE, [...MEMORY, ...nodeArguments, main], env);
  return started(child, /Image server +(\S+)\/imgapi/);
}

export function start(name, folder) {
  const nodeArguments = process.env.GATEWAY_NODE_OPTIONS?.split(' ');
  if (name === 'gateway') return startGateway(folder, nodeArguments);
  // A module can be put in the place of another only where they are files of their own: to be compared with "unbundled".
  if (name === 'unbundled') return startGatewayOf(pathOf('dist', 'modules', 'main.js'), folder, nodeArguments);
  if (name === 'no permissions') return startGatewayOf(pathOf('dist', 'modules', 'main.js'), folder, ['--import', pathOf('bench', 'without-permissions.js')]);
  return started(nodeOn(SERVER_CORE, [pathOf('bench', 'servers', `${name}.js`), join(folder, 'gateway.sqlite')]), /(http:\S+)/);
}

export async function end({ child }) {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** One answer, parsed. */
export async function ask(url, { path, headers, body }) {
  const response = await fetch(url + path, { method: 'POST', headers, body });
  return response.json();
}

/** Processor time that a server has taken so far, in ms: tells servers apart also on a machine with other work to do. */
export function cpuMs({ child }) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
