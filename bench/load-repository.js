import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { buildOrStop } from '../scripts/build.js';
import { begin, built } from '../scripts/project.js';
import { meanwhile, SECRET, startGateway } from './gateway.js';

const usage = `node bench/load-repository.js [COUNT …]: loads a repository of 10000, 100000 and 500000 manifests (or the numbers given) into a
gateway on SQLite: the first load, and again with nothing, 1 % and all of it changed, each time without a validator, then unchanged with one.
Beside it the same work done bare: JSON.parse of the whole list, and rows inserted with a prepared statement, all in one transaction, the search index made at its end.
p99: of one image by name, asked every 10 ms meanwhile.`;
const COUNTS = [10_000, 100_000, 500_000];

function manifestText(at, version) {
  const uuid = `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;
  const sha1 = at.toString(16).padStart(40, '0');
  return `{"v":2,"uuid":"${uuid}","owner":"00000000-0000-0000-0000-000000000000","name":"image-${at}","version":"1.${version}.0","state":"active","disabled":false,"public":true,"published_at":"2026-01-01T00:00:00Z","type":"zone-dataset","os":"smartos","files":[{"sha1":"${sha1}","size":${at + 1},"compression":"gzip"}],"description":"A small image made for a long list, number ${at}"}`;
}

async function writeList(path, count, changed) {
  const file = createWriteStream(path);
  for (let at = 0; at < count; at += 1) {
    if (!file.write(`${at === 0 ? '[' : ',\n'}${manifestText(at, at < changed ? 2 : 1)}`)) await once(file, 'drain');
  }
  await new Promise((resolve) => file.end(']', resolve));
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

/** Seconds of the bare work; `empty`: what a gateway's new database is. */
async function bare(path, empty) {
  const { offerColumns, offerOf, contentHash } = await built('repositories/offer.js');
  const { readManifest } = await built('imgapi/manifest.js');
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const db = new Database(empty);
  // One row at a time would write the search index once for each: it is made in one go at the end.
  db.exec('drop trigger repository_image_search_insert');
  db.exec("insert into image_repository (id, name, url, created_at) values (99, 'bare', 'http://bare.invalid', 0)");
  const [sample] = JSON.parse(`[${manifestText(0, 1)}]`);
  const row = (manifest, text) => {
    const offer = offerOf(readManifest(manifest).manifest, text);
    return { ...offerColumns(offer, contentHash(offer)), repository_id: 99, from_generation: 1 };
  };
  const columns = Object.keys(row(sample, JSON.stringify(sample)));
  const insert = db.prepare(`insert into repository_image (${columns.join()}) values (${columns.map(() => '?').join()})`);
  const prepared = row(sample, JSON.stringify(sample));
  const began = performance.now();
  const list = JSON.parse(await readFile(path, 'utf8'));
  const parsed = performance.now();
  db.exec('begin');
  for (const manifest of list) {
    Object.assign(prepared, {
      uuid: manifest.uuid, name: manifest.name, version: manifest.version, description: manifest.description, download_size: manifest.files[0].size,
      manifest: JSON.stringify(manifest), search_text: `${manifest.name}\n${manifest.description}`.toLowerCase(),
    });
    insert.run(...Object.values(prepared));
  }
  db.exec('insert into repository_image_search (rowid, search_text) select id, search_text || char(10, 10) from repository_image; commit');
  const done = performance.now();
  db.close();
  return { parse: (parsed - began) / 1000, all: (done - began) / 1000 };
}

async function measure(count, source, say) {
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-load-'));
  const lists = { none: join(folder, 'none.json'), some: join(folder, 'some.json'), all: join(folder, 'all.json') };
  await writeList(lists.none, count, 0);
  await writeList(lists.some, count, count / 100);
  await writeList(lists.all, count, count);
  const data = join(folder, 'data');
  const gateway = await startGateway(data);
  const { mintToken } = await built('access/token.js');
  const token = await mintToken(SECRET, 'admin', { expiresIn: 36_000 });
  await gateway.ask('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "long", url: $url }] }) { vmsImageVmNic } }', token, { url: source.url });
  const one = '{ image(name: "nothing") { name } }';
  for (let at = 0; at < 50; at += 1) await gateway.ask(one, token);
  const idle = gateway.memory().now;
  const rows = [];
  const step = async (what, path, etag = null) => {
    await source.set({ path, etag });
    const load = () => gateway.ask('mutation { refreshImageRepository(name: "long") { added changed removed skipped } }', token);
    const { seconds, result, most, p99 } = await meanwhile(gateway, token, one, load);
    const { added, changed, removed, skipped } = result.refreshImageRepository;
    const asked = await source.set({ path, etag });
    rows.push({ manifests: count, load: what, 's': seconds, 'p99 ms': p99, 'MiB above idle': most - idle, requests: asked, added, changed, removed, skipped });
    say(`${count} ${what}: ${seconds.toFixed(1)} s`);
  };
  await step('first', lists.none);
  await step('nothing changed', lists.none);
  await step('1 % changed', lists.some);
  await step('all changed', lists.all);
  await step('with an ETag', lists.all, '"same"');
  await step('unchanged, with an ETag', lists.all, '"same"');
  await gateway.end();
  const fresh = await startGateway(join(folder, 'bare'));
  await fresh.end();
  const limit = await bare(lists.none, join(folder, 'bare', 'gateway.sqlite'));
  await rm(folder, { recursive: true });
  return rows.map((row) => ({ ...row, 'bare s': limit.all, 'of bare': limit.all / row.s }));
}

if (!isMainThread && workerData === 'serve') serve();
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
