import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './build.js';
import { begin, pathOf } from './project.js';

begin('npm run dev [-- --demo]: builds, starts, and does both again when src/ or graphiql/ changes; ends on Ctrl-C.');

const settleMs = 200;
const graceMs = 15_000;
let child = null;
let isEnding = false;
let wanted = Promise.withResolvers();

for (const folder of ['src', 'graphiql']) watch(pathOf(folder), { recursive: true }, () => wanted.resolve());
// More than once: a terminal sends Ctrl-C to all of us, and npm sends it on.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void leave());

for (;;) {
  wanted = Promise.withResolvers();
  // A build with faults leaves the last good process running.
  if (await build()) await restart();
  await wanted.promise;
  await sleep(settleMs);
}

async function leave() {
  isEnding = true;
  await end();
  process.exit(0);
}

async function restart() {
  await end();
  if (isEnding) return;
  child = spawn(process.execPath, ['--enable-source-maps', pathOf('dist', 'main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
}

async function end() {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const overdue = setTimeout((stuck) => stuck.kill('SIGKILL'), graceMs, child);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(overdue);
}
