import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathOf, stop } from '../scripts/project.js';

/** Whether the packages of the peers are here. */
export function isInstalled() {
  return existsSync(pathOf('bench', 'node_modules', 'mercurius'));
}

/** Installs what bench/package-lock.json names, on the first run; the only step that needs the network. */
export async function installOrStop() {
  if (isInstalled()) return;
  console.error('Installing the servers to compare with, into bench/node_modules.');
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund'], { cwd: pathOf('bench'), stdio: ['ignore', 2, 2] });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) stop('The packages of bench/package-lock.json could not be installed.');
}
