import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { quantile } from './gateway.js';

/**
 * Asks every 10 ms while `work` goes on, from a thread of its own: starting other programs would otherwise count as waiting.
 * The times in ms, how long the work took in s, and the most memory in MiB.
 */
export async function asking(gateway, token, query, work) {
  const thread = new Worker(new URL(import.meta.url), { workerData: { url: gateway.url, token, query } });
  await new Promise((resolve) => thread.once('message', resolve));
  let most = 0;
  const looking = setInterval(() => (most = Math.max(most, gateway.memory())), 50);
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  clearInterval(looking);
  thread.postMessage('end');
  const times = await new Promise((resolve) => thread.once('message', resolve));
  return { seconds, most, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function askUntilTold({ url, token, query }) {
  const state = { going: true };
  parentPort.once('message', () => (state.going = false));
  const ask = async () => (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query }) })).json();
  for (let warm = 0; warm < 20; warm += 1) await ask();
  parentPort.postMessage('ready');
  const times = [];
  while (state.going) {
    const began = performance.now();
    const { errors } = await ask();
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    times.push(performance.now() - began);
    await sleep(10);
  }
  parentPort.postMessage(times);
}

if (!isMainThread && workerData?.query !== undefined) await askUntilTold(workerData);
