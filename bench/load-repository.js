import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { buildOrStop } from '../scripts/build.js';
import { begin, built } from '../scripts/project.js';
import { meanwhile, SECRET, startGateway } from './gateway.js';

const usage = `node bench/load-repository.js [COUNT …]: loads a repository of 10000 and 100000 manifests (or the numbers given, up to 500000) into a
gateway on SQLite: the first load, and again with nothing, 1 % and all of it changed, without a validator, then unchanged with one.
Beside it the same work done bare, in a process of its own: JSON.parse of the whole list, and the rows the gateway would store inserted into
its table, with all indexes and triggers, by a prepared statement in one transaction, 50 rows each: one row each is slower.
CPU: user and system of the whole process. MiB: the most above what it took idle. p99, worst: of "viewer { user { username } }", asked
from another process every 20 ms meanwhile. "of bare" is the bare time divided by this one's.`;
const COUNTS = [10_000, 100_000];
const BARE_ROWS = 50;
const PROBE = '{ viewer { user { username } } }';
const file = fileURLToPath(import.meta.url);

function manifestText(at, version) {
  const uuid = `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;
  const sha1 = at.toString(16).padStart(40, '0');
  return `{"v":2,"uuid":"${uuid}","owner":"00000000-0000-0000-0000-000000000000","name":"image-${at}","version":"1.${version}.0","state":"active","disabled":false,"public":true,"published_at":"2026-01-01T00:00:00Z","type":"zone-dataset","os":"smartos","files":[{"sha1":"${sha1}","size":${at + 1},"compression":"gzip"}],"description":"A small image made for a long list, number ${at}"}`;
}

async function writeList(path, count, changed) {
  const list = createWriteStream(path);
  for (let at = 0; at < count; at += 1) {
    if (!list.write(`${at === 0 ? '[' : ',\n'}${manifestText(at, at < changed ? 2 : 1)}`)) await once(list, 'drain');
  }
  await new Promise((resolve) => list.end(']', resolve));
}

/** In a thread of its own: answers the list of the moment, with an ETag only when told to. */
function serve() {
  let answered = 0;
  let state = { path: '', etag: null };
  const server = createServer((request, response) => {
    answered += 1;
    if (state.etag !== null && request.headers['if-none-match'] === state.etag) return void response.writeHead(304).end();
    response.writeHead(200, { 'content-type': 'application/json', ...(state.etag && { etag: state.etag }) });
    createReadStream(state.path, { highWaterMark: 65_536 }).pipe(response);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage({ url: `http://127.0.0.1:${server.address().port}` }));
  parentPort.on('message', (next) => {
    if (next.state) state = next.state;
    parentPort.postMessage({ answered });
    answered = 0;
  });
}

/** Tells what the bare work took; `path` is a database as a gateway makes it. */
async function bare(list, path) {
  const { remoteManifestColumns, toRemoteManifest, contentHash } = await built('repositories/refresh/remote-manifest.js');
  const { readManifest } = await built('imgapi/manifest.js');
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const db = new Database(path);
  for (const pragma of ['journal_mode = wal', 'synchronous = normal', 'foreign_keys = on']) db.pragma(pragma);
  db.exec("insert into image_repository (id, name, url, created_at) values (99, 'bare', 'http://bare.invalid', 0)");
  const [sample] = JSON.parse(`[${manifestText(0, 1)}]`);
  const remote = toRemoteManifest(readManifest(sample).manifest, JSON.stringify(sample));
  const row = { ...remoteManifestColumns(remote, contentHash(remote)), repository_id: 99, from_generation: 1, to_generation: 2 ** 31 - 1 };
  const columns = Object.keys(row);
  const marks = `(${columns.map(() => '?').join()})`;
  const prepare = (rows) => db.prepare(`insert into repository_image (${columns.join()}) values ${Array.from({ length: rows }, () => marks).join()}`);
  const insert = prepare(BARE_ROWS);
  const idle = process.memoryUsage.rss();
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const manifests = JSON.parse(await readFile(list, 'utf8'));
  db.exec('begin');
  let values = [];
  for (const manifest of manifests) {
    Object.assign(row, {
      uuid: manifest.uuid, name: manifest.name, version: manifest.version, description: manifest.description, download_size: manifest.files[0].size,
      manifest: JSON.stringify(manifest), search_text: `${manifest.name}\n${manifest.description}`.toLowerCase(),
    });
    for (const column of columns) values.push(row[column]);
    if (values.length < BARE_ROWS * columns.length) continue;
    insert.run(values);
    values = [];
  }
  if (values.length > 0) prepare(values.length / columns.length).run(values);
  db.exec('commit');
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6, mib: process.resourceUsage().maxRSS / 1024 - idle / 2 ** 20 }));
}

async function runBare(list, folder) {
  await (await startGateway(folder)).end();
  const child = spawn(process.execPath, [file, '--bare', list, join(folder, 'gateway.sqlite')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  await rm(folder, { recursive: true });
  return JSON.parse(output);
}

/** Seconds of processor time so far. */
function cpuOf(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
}

async function measure(count, source, say) {
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-load-'));
  const lists = { none: join(folder, 'none.json'), some: join(folder, 'some.json'), all: join(folder, 'all.json') };
  await writeList(lists.none, count, 0);
  await writeList(lists.some, count, count / 100);
  await writeList(lists.all, count, count);
  const limits = [await runBare(lists.none, join(folder, 'bare'))];
  const gateway = await startGateway(join(folder, 'data'));
  const { mintToken } = await built('access/sign-in/token.js');
  const token = await mintToken(SECRET, 'admin', { expiresIn: 36_000 });
  await gateway.ask('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "long", url: $url }] }) { vmsImageVmNic } }', token, { url: source.url });
  for (let at = 0; at < 200; at += 1) await gateway.ask(PROBE, token);
  const idle = gateway.memory();
  const rows = [];
  const step = async (what, path, etag = null) => {
    await source.set({ path, etag });
    const load = () => gateway.ask('mutation { refreshImageRepository(name: "long") { added changed removed skipped } }', token);
    const cpu = cpuOf(gateway.child.pid);
    const { seconds, result, p99, worst, most } = await meanwhile(gateway, token, PROBE, load, 20);
    const used = cpuOf(gateway.child.pid) - cpu;
    const { added, changed, removed, skipped } = result.refreshImageRepository;
    const requests = await source.set({ path, etag });
    rows.push({ manifests: count, load: what, s: seconds, 'CPU s': used, 'CPU µs each': (used / count) * 1e6, MiB: most - idle, 'p99 ms': p99, 'worst ms': worst, requests, found: `+${added} ~${changed} -${removed} !${skipped}` });
    say(`${count} ${what}: ${seconds.toFixed(1)} s, ${used.toFixed(1)} s of CPU`);
  };
  const { worst: worstIdle, p99: p99Idle } = await meanwhile(gateway, token, PROBE, () => sleep(3000), 20);
  await step('first', lists.none);
  await step('nothing changed', lists.none);
  await step('1 % changed', lists.some);
  await step('all changed', lists.all, '"same"');
  await step('unchanged, with an ETag', lists.all, '"same"');
  await gateway.end();
  limits.push(await runBare(lists.none, join(folder, 'bare')));
  await rm(folder, { recursive: true });
  // The faster of one before and one after: a limit is what can be reached.
  const [s, cpu, mib] = ['seconds', 'cpu', 'mib'].map((name) => Math.min(...limits.map((limit) => limit[name])));
  const limit = { manifests: count, load: 'bare', s, 'CPU s': cpu, 'CPU µs each': (cpu / count) * 1e6, MiB: mib };
  const idleRow = { manifests: count, load: 'none, for 3 s', 'p99 ms': p99Idle, 'worst ms': worstIdle };
  return [limit, idleRow, ...rows].map((row) => ({ ...row, ...(row.s && { 'of bare': s / row.s, 'of bare, CPU': cpu / row['CPU s'] }) }));
}

if (!isMainThread && workerData === 'serve') serve();
else if (process.argv[2] === '--bare') await bare(process.argv[3], process.argv[4]);
else {
  begin(usage);
  await buildOrStop();
  const counts = process.argv.slice(2).map(Number);
  const worker = new Worker(new URL(import.meta.url), { workerData: 'serve' });
  const [{ url }] = await once(worker, 'message');
  const set = async (state) => {
    worker.postMessage({ state });
    return (await once(worker, 'message'))[0].answered;
  };
  const results = [];
  for (const count of counts.length > 0 ? counts : COUNTS) results.push(...(await measure(count, { url, set }, (text) => console.error(text))));
  await worker.terminate();
  console.table(results.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? Math.round(value * 100) / 100 : value]))));
}
