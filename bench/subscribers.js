import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { buildOrStop } from '../scripts/build.js';
import { begin, pathOf, stop } from '../scripts/project.js';

begin(`node bench/subscribers.js [COUNT] [USERS]: what COUNT (5,000) idle subscribers over as many WebSockets cost in memory, and
how long an event takes to reach all of them. They sign in as USERS (1) different users.`);

const COUNT = Number(process.argv[2] ?? 5000);
const USERS = Number(process.argv[3] ?? 1);
const EVENTS = 7;
const QUERY = 'subscription { imageChanged { kind name image { name status owner { username } } } }';
const AT_ONCE = 100;

async function startGateway(folder) {
  const env = { ...process.env, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'error', REFRESH_INTERVAL: '0', FETCH_ALLOW: '127.0.0.0/8', OPERATIONS_PER_USER: String(COUNT) };
  const child = spawn(process.execPath, ['--expose-gc', pathOf('dist', 'main.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    const url = /Image server +(\S+)\/imgapi/.exec(output)?.[1];
    if (url !== undefined) return { child, url, key: /#token=(\S+)/.exec(output)?.[1] };
  }
  return stop('The gateway did not start.');
}

function residentKiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** Time that the process has used a core for, in ms. */
function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function run(gateway, query, variables) {
  const headers = { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' };
  const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  return errors ? stop(JSON.stringify(errors)) : data;
}

async function keysOf(gateway) {
  const keys = [];
  for (let at = 0; at < USERS; at += 1) {
    if (USERS === 1) return [gateway.key];
    await run(gateway, `mutation { createUser(input: { username: "user${at}" }) { username } }`);
    keys.push((await run(gateway, `mutation { createApiKey(input: { username: "user${at}", name: "bench" }) { key } }`)).createApiKey.key);
  }
  return keys;
}

/** Resolves once it is subscribed; `onEvent` is called for each event. */
async function subscribe(gateway, key, onEvent) {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { perMessageDeflate: false });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
  socket.on('message', (message) => message.includes('"next"') && onEvent());
  return socket;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

await buildOrStop();
const folder = await mkdtemp(join(tmpdir(), 'image-gateway-subscribers-'));
const gateway = await startGateway(folder);
await run(gateway, 'mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input: { vmsImageVm: null } });
const uuid = crypto.randomUUID();
const files = [{ sha1: '0'.repeat(40), size: 1000, compression: 'gzip' }];
const manifest = { v: 2, uuid, name: 'seen', version: '1', type: 'zone-dataset', os: 'smartos', state: 'active', owner: uuid, published_at: '2026-01-01T00:00:00Z', files };
const source = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(manifest)));
await once(source.listen(0, '127.0.0.1'), 'listening');
const input = { name: 'seen', access: 'PUBLIC', datacenter: 'main', manifestUrl: `http://127.0.0.1:${source.address().port}/images/${uuid}` };
await run(gateway, 'mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } } }', { input });
await run(gateway, 'mutation { createDatacenter(input: { name: "second" }) { name } }');
const keys = await keysOf(gateway);

let arrived = 0;
let done = () => undefined;
const onEvent = () => (arrived += 1) === COUNT && done();
const before = residentKiB(gateway.child.pid);
const sockets = [];
while (sockets.length < COUNT) {
  const next = Array.from({ length: Math.min(AT_ONCE, COUNT - sockets.length) }, (_, at) => subscribe(gateway, keys[(sockets.length + at) % keys.length], onEvent));
  sockets.push(...(await Promise.all(next)));
}
await new Promise((resolve) => setTimeout(resolve, 3000));
const idle = residentKiB(gateway.child.pid);

const times = [];
const cpuBefore = cpuMs(gateway.child.pid);
for (let at = 0; at < EVENTS; at += 1) {
  arrived = 0;
  const { promise, resolve } = Promise.withResolvers();
  done = resolve;
  const start = performance.now();
  const field = at % 2 === 0 ? 'attachImage' : 'detachImage';
  await run(gateway, `mutation { ${field}(input: { image: "seen", datacenter: "second" }) { image { name } } }`);
  await promise;
  times.push(performance.now() - start);
  await new Promise((wait) => setTimeout(wait, 300));
}
const cpuPerEvent = (cpuMs(gateway.child.pid) - cpuBefore) / EVENTS;
console.table([{
  subscribers: COUNT,
  users: USERS,
  'KiB each, idle': ((idle - before) / COUNT).toFixed(1),
  'first event, ms': Math.round(times[0]),
  'event to all, ms (median)': Math.round(median(times)),
  'gateway CPU per event, ms': Math.round(cpuPerEvent),
  'longest, ms': Math.round(Math.max(...times)),
}]);
gateway.child.kill('SIGTERM');
await once(gateway.child, 'exit');
await rm(folder, { recursive: true });
process.exit(0);
