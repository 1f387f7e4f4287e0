import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf, stop } from '../scripts/project.js';

export const SECRET = 'a secret for measurements only and of enough length';

/** As `npm start` has it. */
export const MEMORY = ['--max-semi-space-size=8'];

/** The built gateway as a process of its own over that folder; `key` signs admin in where the folder was empty. */
export async function startGateway(folder, settings = {}) {
  const env = { ...process.env, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'error', REFRESH_INTERVAL: '0', FETCH_ALLOW: '127.0.0.0/8', AUTH_JWT_SECRET: SECRET, ...settings };
  const began = performance.now();
  const child = spawn(process.execPath, [...MEMORY, pathOf('dist', 'main.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    const base = /(?:Image server|Health, metrics) +(\S+)\/(?:imgapi|readyz)/.exec(output)?.[1];
    if (base !== undefined) return new Gateway(child, exit, base, performance.now() - began);
  }
  return stop('The gateway did not start.');
}

class Gateway {
  constructor(child, exit, base, startMs) {
    Object.assign(this, { child, exit, base, startMs });
    this.url = `${base}/graphql`;
  }

  /** Resident memory of its own in MiB, without pages of files that are mapped: those are the system's, which takes them back when it likes. */
  memory() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+)/.exec(status)[1]) / 1024;
  }

  async ask(query, token, variables = {}) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  async end() {
    this.child.kill('SIGTERM');
    await this.exit;
  }
}

/** Asks again and again, every 10 ms unless told otherwise, while `work` goes on: the times in ms, and how long the work took in s. */
export async function meanwhile(gateway, token, query, work, everyMs = 10) {
  const times = [];
  let most = 0;
  const state = { going: true };
  const asking = (async () => {
    while (state.going) {
      const began = performance.now();
      await gateway.ask(query, token);
      times.push(performance.now() - began);
      most = Math.max(most, gateway.memory());
      await sleep(everyMs);
    }
  })();
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  state.going = false;
  await asking;
  return { seconds, result, most, p50: quantile(times, 0.5), p99: quantile(times, 0.99), worst: Math.max(...times) };
}

export function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
