import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf, stop } from '../scripts/project.js';
import { fill, keyOf, uuidOf } from './fill.js';
import { MEMORY, startGateway } from './gateway.js';
import { backendsOf, startPostgres } from './postgres.js';
import { processorUs } from './processor-time.js';
import { QUERIES } from './queries.js';

const DATABASE = 'scale_out';
const COUNTS = [1, 2, 3];

/** A Postgres with the catalogue of the bench, copied from an SQLite file. */
async function newDatabase(folder, images) {
  const sqlite = join(folder, 'sqlite');
  const gateway = await startGateway(sqlite);
  await gateway.end();
  fill(join(sqlite, 'gateway.sqlite'), { images });
  const postgres = await startPostgres(join(folder, 'postgres'), 31_433);
  await postgres.create(DATABASE);
  const url = postgres.urlOf(DATABASE);
  const copying = spawn(process.execPath, [pathOf('dist', 'main.js'), 'copy-db', '--from', `sqlite:${join(sqlite, 'gateway.sqlite')}`, '--to', url], { stdio: ['ignore', 2, 2] });
  if ((await once(copying, 'exit'))[0] !== 0) stop('The catalogue was not copied to Postgres.');
  return { postgres, url };
}

/** That many processes of one kind; workers listen too, for their own metrics. */
async function startMany(count, settings) {
  const processes = [];
  for (let at = 0; at < count; at += 1) processes.push(await startGateway(settings.DATA_DIR, settings));
  return processes;
}

async function startBalancer(gateways) {
  const child = spawn(process.execPath, [pathOf('bench', 'tcp-balancer.js'), ...gateways.map(({ base }) => new URL(base).port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, url: String(line).trim() };
}

function load(url, query, connections, seconds) {
  const child = spawn(process.execPath, [pathOf('bench', 'load.js'), url, query, String(connections), String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  return { child, done: once(child, 'exit').then(() => JSON.parse(output)) };
}

/** Asks one query for some seconds; how much of a core each part of the machine took meanwhile. */
async function measured({ gateways, balancer, query, seconds }) {
  await load(balancer.url, query, 60, 1).done;
  const pids = { api: gateways.map(({ child }) => child.pid), balancer: [balancer.child.pid] };
  const loading = load(balancer.url, query, 60, seconds);
  await sleep(200);
  const parts = { ...pids, postgres: backendsOf(DATABASE), load: [loading.child.pid] };
  const before = Object.fromEntries(Object.entries(parts).map(([name, all]) => [name, processorUs(all)]));
  const began = performance.now();
  const watched = seconds * 1000 - 600;
  await sleep(watched);
  const took = (performance.now() - began) * 1000;
  const cores = Object.fromEntries(Object.entries(parts).map(([name, all]) => [name, (processorUs(all) - before[name]) / took]));
  return { ...(await loading.done), cores };
}

async function measureRequests(settings, { rounds, seconds, queries }) {
  const results = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const count of COUNTS) {
      const gateways = await startMany(count, { ...settings, RUN: 'api' });
      const balancer = await startBalancer(gateways);
      for (const query of queries) results.push({ count, query, ...(await measured({ gateways, balancer, query, seconds })) });
      balancer.child.kill();
      await Promise.all(gateways.map((one) => one.end()));
    }
    process.stderr.write(`requests: round ${round} of ${rounds}\n`);
  }
  return results;
}

const UPDATE = 'mutation ($input: UpdateImageInput!) { updateImage(input: $input) { task { id status } } }';

/** Queues tasks while no worker runs, starts workers, and answers the seconds from then to the end of the last task. */
async function drained(api, settings, { workers, tasks, round }) {
  const names = Array.from({ length: tasks }, (_, at) => `bench-file-${at}`);
  for (const [at, name] of names.entries()) await api.ask(UPDATE, keyOf('admin'), { input: { name, description: `round ${round} with ${workers} workers, ${at}` } });
  const running = await startMany(workers, { ...settings, RUN: 'worker' });
  const began = performance.now();
  await settled(api);
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(running.map((one) => one.end()));
  return { tasks: names.length, seconds };
}

const SERVER = '11111111-0000-4000-8000-000000000001';
const FILE = Buffer.alloc(4096, 'x');

/** Serves manifests and files of small images: /N.json and /N.json/file. */
async function startSource(count) {
  const sha1 = createHash('sha1').update(FILE).digest('hex');
  const server = createServer(({ url }, response) => {
    const at = Number(/^\/(\d+)\.json/.exec(url)?.[1]);
    if (url.endsWith('/file')) return response.writeHead(200, { 'content-length': FILE.length }).end(FILE);
    const manifest = { v: 2, uuid: uuidOf(`file ${at}`), name: `bench-file-${at}`, version: '1.0', type: 'zvol', os: 'linux', image_size: 1024, files: [{ sha1, size: FILE.length, compression: 'none' }] };
    return response.writeHead(at < count ? 200 : 404).end(JSON.stringify(manifest));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, end: () => server.close() };
}

/** Images with a file on an image server, which changes have something to do for. */
async function importFiles(api, settings, count) {
  const source = await startSource(count);
  const admin = keyOf('admin');
  await api.ask('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', admin, { input: { uuid: SERVER, hostname: 'images', datacenter: 'main', owner: 'admin', osType: 'SUNOS_ZONE', status: 'RUNNING', addresses: ['127.0.0.1'], disks: [{ diskId: 1, size: 10_240 }] } });
  await api.ask('mutation { updateGlobalSettings(input: { vmsImageVm: "images" }) { vmsImageVmNic } }', admin);
  const [worker] = await startMany(1, { ...settings, RUN: 'worker' });
  for (let at = 0; at < count; at += 1) {
    const input = { name: `bench-file-${at}`, manifestUrl: `${source.url}/${at}.json`, datacenter: 'main' };
    await api.ask('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', admin, { input });
  }
  await settled(api);
  await worker.end();
  source.end();
}

async function settled(api) {
  for (;;) {
    const { tasks } = await api.ask('{ tasks(status: [PENDING, RUNNING], first: 1) { nodes { id } } }', keyOf('admin'));
    if (tasks.nodes.length === 0) return;
    await sleep(20);
  }
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

function printRequests(results, queries) {
  for (const query of queries) {
    console.log(`\n(${query}) ${QUERIES[query].title}`);
    const rows = COUNTS.map((count) => {
      const all = results.filter((one) => one.count === count && one.query === query);
      const core = (name) => median(all.map(({ cores }) => cores[name]));
      const perSecond = median(all.map((one) => one.perSecond));
      return { count, perSecond, p99: median(all.map((one) => one.p99Ms)), api: core('api'), postgres: core('postgres'), balancer: core('balancer'), load: core('load') };
    });
    console.table(rows.map(({ count, perSecond, p99, api, postgres, balancer, load: own }) => ({
      'API processes': count, 'requests/s': Math.round(perSecond), 'of one': (perSecond / rows[0].perSecond).toFixed(2), 'p99 ms': p99,
      'API cores': api.toFixed(2), 'Postgres cores': postgres.toFixed(2), 'balancer': balancer.toFixed(2), 'load': own.toFixed(2),
      'API µs': Math.round((api * 1e6) / perSecond), 'Postgres µs': Math.round((postgres * 1e6) / perSecond),
    })));
  }
}

/** 1, 2 and 3 API processes behind a TCP balancer, and 1, 2 and 3 workers, on one Postgres: what each adds, and what takes the processor. */
export async function scaleOut({ rounds, seconds, images, queries, tasks }) {
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-scale-out-'));
  // Postgres runs as a user of its own.
  await chmod(folder, 0o755);
  let postgres;
  try {
    const database = await newDatabase(folder, images);
    ({ postgres } = database);
    const settings = { DATABASE_URL: database.url, DATA_DIR: join(folder, 'data'), IMAGE_STORE: `file:${join(folder, 'sqlite', 'images')}`, COST_PER_SECOND: '0' };
    console.log(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, ${MEMORY.join(' ')}; ${images} images; load, balancer, gateways and Postgres share the machine`);
    printRequests(await measureRequests(settings, { rounds, seconds, queries }), queries);
    const [api] = await startMany(1, { ...settings, RUN: 'api' });
    await importFiles(api, settings, tasks);
    const table = [];
    for (const workers of COUNTS) {
      const times = [];
      for (let round = 1; round <= rounds; round += 1) times.push(await drained(api, settings, { workers, tasks, round }));
      table.push({ workers, tasks: times[0].tasks, 's': median(times.map((one) => one.seconds)).toFixed(2), 'tasks/s': Math.round(median(times.map((one) => one.tasks / one.seconds))) });
    }
    console.log('\nChanges of images with a file, queued before the workers start');
    console.table(table);
    await api.end();
  } finally {
    await postgres?.end();
    await rm(folder, { recursive: true, force: true });
  }
}
