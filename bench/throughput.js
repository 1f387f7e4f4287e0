import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { buildOrStop } from '../scripts/build.js';
import { begin, built } from '../scripts/project.js';
import { asking } from './asking.js';
import { quantile, SECRET, startGateway } from './gateway.js';

const usage = `node bench/throughput.js [--mib 4096] [--each 512] [--rounds 3]: imports a file over loopback and serves it, against what the machine can do.
import: of --mib MiB, against "curl | tee >(sha1sum) | sha256sum > result" (which stores nothing), and against the same with the file written.
serve:  the same file by curl into nothing, against nginx with sendfile.
Then eight of --each MiB at once of both, while one image by name is asked for every 10 ms, and the same with nothing else to do.
Medians of the rounds, and of their ratios; needs nginx, curl and bash.`;
const run = promisify(execFile);
const MIB = 2 ** 20;

function uuidOf(at) {
  return `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
}

/** A file that no file system can make small, and its sha1. */
async function makeFile(path, mib) {
  const block = Buffer.alloc(MIB);
  const hash = createHash('sha1');
  await using file = await open(path, 'w');
  for (let at = 0; at < mib; at += 1) {
    for (let word = 0; word < MIB; word += 4) block.writeUInt32LE(Math.imul(at * 262_144 + word, 0x9e3779b1) >>> 0, word);
    hash.update(block);
    await file.write(block);
  }
  return hash.digest('hex');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startNginx(root) {
  const port = await freePort();
  const conf = `user root; daemon off; worker_processes 1; pid ${root}/nginx.pid; error_log ${root}/error.log; events {}
    http { access_log off; sendfile on; tcp_nopush on; client_body_temp_path ${root}/t; proxy_temp_path ${root}/t; fastcgi_temp_path ${root}/t; uwsgi_temp_path ${root}/t; scgi_temp_path ${root}/t;
    server { listen 127.0.0.1:${port}; root ${root}; } }`;
  await writeFile(join(root, 'nginx.conf'), conf);
  const child = spawn('nginx', ['-c', join(root, 'nginx.conf'), '-p', root], { stdio: 'ignore' });
  await sleep(500);
  return { url: `http://127.0.0.1:${port}`, end: async () => (child.kill('SIGTERM'), await once(child, 'exit')) };
}

async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const shell = (command) => timed(() => run('bash', ['-c', command], { maxBuffer: MIB }));
const get = (url) => timed(() => run('curl', ['-sf', '-o', '/dev/null', url]));

async function importImage(gateway, token, source, at) {
  const input = { name: `image-${at}`, manifestUrl: `${source}/${at}.json`, fileUrl: `${source}/${at}.bin`, datacenter: 'main', access: 'PUBLIC' };
  const { importImage: payload } = await gateway.ask('mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } } }', token, { input });
  for (;;) {
    const { task } = await gateway.ask('query ($id: ID!) { task(id: $id) { status error } }', token, { id: payload.task.id });
    if (task.status === 'SUCCEEDED') return;
    if (!['PENDING', 'RUNNING'].includes(task.status)) throw new Error(task.error);
    await sleep(50);
  }
}

async function deleteImage(gateway, token, at) {
  await gateway.ask(`mutation { deleteImage(input: { name: "image-${at}" }) { name } }`, token);
  while ((await gateway.ask(`{ image(name: "image-${at}") { name } }`, token)).image !== null) await sleep(20);
}

begin(usage);
const { values } = parseArgs({ options: { mib: { type: 'string', default: '4096' }, each: { type: 'string', default: '512' }, rounds: { type: 'string', default: '3' } } });
const [mib, each, rounds] = [values.mib, values.each, values.rounds].map(Number);
await buildOrStop();
const folder = await mkdtemp(join(tmpdir(), 'image-gateway-throughput-'));
const root = join(folder, 'source');
await mkdir(root);
const nginx = await startNginx(root);
const gateway = await startGateway(join(folder, 'data'));
try {
  const { mintToken } = await built('access/sign-in/token.js');
  const token = await mintToken(SECRET, 'admin', { expiresIn: 36_000 });
  for (let at = 0; at <= 8; at += 1) {
    const sha1 = await makeFile(join(root, `${at}.bin`), at === 0 ? mib : each);
    const manifest = { v: 2, uuid: uuidOf(at), name: `image-${at}`, version: '1.0', type: 'zvol', os: 'linux', image_size: 10_240, files: [{ sha1, size: (at === 0 ? mib : each) * MIB, compression: 'none' }] };
    await writeFile(join(root, `${at}.json`), JSON.stringify(manifest));
  }
  const times = { import: [], pipeline: [], written: [], serve: [], nginx: [] };
  let most = 0;
  const idle = gateway.memory();
  for (let round = 1; round <= rounds; round += 1) {
    if (round > 1) await deleteImage(gateway, token, 0);
    times.pipeline.push(await shell(`curl -sf ${nginx.url}/0.bin | tee >(sha1sum > ${folder}/sha1) | sha256sum > ${folder}/sha256`));
    times.written.push(await shell(`curl -sf ${nginx.url}/0.bin | tee ${folder}/written >(sha1sum > ${folder}/sha1) | sha256sum > ${folder}/sha256`));
    await rm(`${folder}/written`);
    const looking = setInterval(() => (most = Math.max(most, gateway.memory())), 50);
    times.import.push(await timed(() => importImage(gateway, token, nginx.url, 0)));
    clearInterval(looking);
    for (const [name, url] of [['nginx', `${nginx.url}/0.bin`], ['serve', `${gateway.base}/imgapi/images/${uuidOf(0)}/file`]]) times[name].push(await get(url));
    console.error(`round ${round}: ${Object.entries(times).map(([name, all]) => `${name} ${all.at(-1).toFixed(1)} s`).join(', ')}`);
  }
  const speed = (name) => mib / quantile(times[name], 0.5);
  console.table(Object.keys(times).map((name) => ({ what: name, 's': quantile(times[name], 0.5).toFixed(2), 'MiB/s': Math.round(speed(name)) })));
  // Of each round by itself: what else the machine does changes from one to the next.
  const ratio = (name, peer) => quantile(times[name].map((own, at) => times[peer][at] / own), 0.5).toFixed(2);
  console.log(`import / pipeline ${ratio('import', 'pipeline')}, import / pipeline that writes ${ratio('import', 'written')}, serve / nginx ${ratio('serve', 'nginx')}`);
  console.log(`memory: ${Math.round(idle)} MiB idle, ${Math.round(most)} MiB at most while importing`);
  const eight = Array.from({ length: 8 }, (_, at) => at + 1);
  const one = '{ image(name: "image-0") { name owner { username } datacenters { name } boundDatacenter { name } } }';
  const resting = await asking(gateway, token, one, () => sleep(5000));
  const importing = await asking(gateway, token, one, () => Promise.all(eight.map((at) => importImage(gateway, token, nginx.url, at))));
  const serving = await asking(gateway, token, one, () => Promise.all(eight.map((at) => get(`${gateway.base}/imgapi/images/${uuidOf(at)}/file`))));
  console.table([['nothing', resting], ['import', importing], ['serve', serving]].map(([what, { seconds, p50, p99, most: memory }]) => ({ 'eight at once': what, 'MiB/s': what === 'nothing' ? 0 : Math.round((8 * each) / seconds), 'one image p50 ms': p50.toFixed(1), 'p99 ms': p99.toFixed(1), 'MiB of memory': Math.round(memory) })));
} finally {
  await gateway.end();
  await nginx.end();
  await rm(folder, { recursive: true });
}
