import { fork, spawn } from 'node:child_process';
import { once as event } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOrStop } from '../scripts/build.js';
import { begin, pathOf, stop } from '../scripts/project.js';
import { fillImages } from './fill.js';
import { load, once } from './load.js';

begin(`npm run bench [-- --smoke]: a page of 50 of 10,000 images, with tags and owner, from this gateway and from the limit
(node:http with prepared statements and no permissions) in turn; medians of the rounds and their ratio.
--smoke asks each once and compares the answers.`);

const IMAGES = 10_000;
const ROUNDS = 5;
const PRESSURE = { connections: 20, seconds: 4 };
const QUERY = '{ images(datacenter: "main") { nodes { name status dcBound owner { username } tags } } }';

async function startGateway(folder) {
  const env = { ...process.env, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'error', REFRESH_INTERVAL: '0' };
  const child = spawn(process.execPath, [pathOf('dist', 'main.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    const url = /Image server +(\S+)\/imgapi/.exec(output)?.[1];
    if (url !== undefined) return { child, url: `${url}/graphql`, key: /#token=(\S+)/.exec(output)?.[1] };
  }
  return stop('The gateway did not start.');
}

async function startLimit(folder) {
  const child = fork(pathOf('bench', 'limit.js'), [join(folder, 'gateway.sqlite')]);
  const [{ url }] = await event(child, 'message');
  return { child, url };
}

async function end({ child }) {
  const exited = event(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

await buildOrStop();
const folder = await mkdtemp(join(tmpdir(), 'image-gateway-bench-'));
const first = await startGateway(folder);
await end(first);
fillImages(join(folder, 'gateway.sqlite'), IMAGES);
const message = { headers: { authorization: `Bearer ${first.key}` }, body: JSON.stringify({ query: QUERY }) };
const starts = { gateway: startGateway, limit: startLimit };
const results = { gateway: [], limit: [] };

if (process.argv.includes('--smoke')) {
  const answers = {};
  for (const [name, start] of Object.entries(starts)) {
    const server = await start(folder);
    answers[name] = JSON.stringify(JSON.parse((await once(server.url, message)).text).data);
    await end(server);
  }
  await rm(folder, { recursive: true });
  if (answers.gateway !== answers.limit) stop(`The answers differ:\n${answers.gateway.slice(0, 300)}\n${answers.limit.slice(0, 300)}`);
  console.log('Both give the same answer.');
} else {
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, start] of Object.entries(starts)) {
      const server = await start(folder);
      await load(server.url, message, { ...PRESSURE, seconds: 1 });
      results[name].push(await load(server.url, message, PRESSURE));
      await end(server);
    }
    process.stderr.write(`round ${round} of ${ROUNDS}\n`);
  }
  await rm(folder, { recursive: true });
  const rows = Object.entries(results).map(([name, rounds]) => ({
    server: name,
    'requests/s': Math.round(median(rounds.map((one) => one.perSecond))),
    'p99 ms': Math.round(median(rounds.map((one) => one.p99Ms))),
    'of the limit': (median(rounds.map((one) => one.perSecond)) / median(results.limit.map((one) => one.perSecond))).toFixed(2),
  }));
  console.table(rows);
}
