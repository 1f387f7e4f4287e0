import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildOrStop } from '../scripts/build.js';
import { begin, built, pathOf, stop } from '../scripts/project.js';
import { SIZES } from './catalogue-rows.js';
import { quantile, SECRET, startGateway } from './gateway.js';
import { generate } from './generate.js';
import { backendsOf, isFilled, startPostgres, warm } from './postgres.js';
import { processorUs } from './processor-time.js';
import { QUESTIONS } from './scale-questions.js';

const usage = `node bench/scale.js: asks the same of catalogues of different sizes, and prints what each question costs and how many times
what it costs in the smallest one. Catalogues are made when they are missing, and kept: 2.7 GB of large on SQLite, 8 GB on Postgres, which is
one of its own with 4 GB of memory, into which the catalogues are read first. Processor time is that of the gateway and of the processes of Postgres that work for it, per question; questions come one after
the other, and the catalogues take turns, so that noise meets them all.

  --sizes small,medium,large     which of ${Object.entries(SIZES).map(([name, { images }]) => `${name} (${images} images)`).join(', ')}
  --databases sqlite,postgres
  --folder data/scale            where the catalogues are
  --rounds 5                     medians are of so many
  --ms 200                       how long a catalogue is asked a question in a round; three times at least
  --warm 2000                    how long each is asked before: at first touch, pages of a file are mapped and names read
  --only TEXT                    questions whose letter and words contain it
  --json FILE                    also writes the figures there`;

begin(usage);
const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: 'small,medium,large' },
    databases: { type: 'string', default: 'sqlite,postgres' },
    folder: { type: 'string', default: pathOf('data', 'scale') },
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '200' },
    warm: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const sizes = options.sizes.split(',');
if (!sizes.every((size) => size in SIZES)) stop(usage);
const folder = resolve(options.folder);
const asked = QUESTIONS.filter(([letter, what]) => `${letter} ${what}`.includes(options.only));

/** Makes what is missing; a catalogue gets its name when it is whole. */
async function catalogueOf(database, size, postgres) {
  const began = performance.now();
  const report = (text) => console.error(`${database} ${size}: ${((performance.now() - began) / 1000).toFixed(0)} s ${text}`);
  if (database === 'sqlite') {
    const [whole, part] = [join(folder, size), join(folder, `${size}.part`)];
    if (!existsSync(whole)) {
      await rm(part, { recursive: true, force: true });
      await mkdir(part, { recursive: true });
      await generate(size, { kind: 'sqlite', path: join(part, 'gateway.sqlite') }, report);
      await rename(part, whole);
    }
    return { folder: whole, settings: {} };
  }
  const [name, home] = [`scale_${size}`, join(folder, `${size}-files`)];
  await mkdir(home, { recursive: true });
  const url = postgres.urlOf(name);
  if (await postgres.create(name)) await generate(size, { kind: 'postgres', url }, report);
  else if (!(await isFilled(url))) stop(`The database ${name} was not filled to its end. Remove ${join(folder, 'postgres')} to begin anew.`);
  await warm(url);
  return { folder: home, settings: { DATABASE_URL: url }, name };
}

async function startAll(postgres) {
  const started = [];
  for (const database of options.databases.split(',')) {
    for (const size of sizes) {
      const place = await catalogueOf(database, size, postgres);
      const gateway = await startGateway(place.folder, { ...place.settings, COST_PER_SECOND: '0' });
      started.push({ database, size, counts: SIZES[size], gateway, agent: new Agent({ keepAlive: true, maxSockets: 1 }), name: place.name, asked: 0 });
    }
  }
  return started;
}

/** One answer, through the one connection that the catalogue has. */
function ask({ gateway, agent }, token, body) {
  return new Promise((answered, failed) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'content-length': Buffer.byteLength(body) };
    const sent = request(gateway.url, { method: 'POST', agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => answered(Buffer.concat(chunks).toString()));
    });
    sent.on('error', failed);
    sent.end(body);
  });
}

/** Asks for `ms`, or `times`; what one question took by the clock and of the processor, in µs. */
async function batch(catalogue, [letter, what, who, query, variables], tokens, ms, least) {
  const pids = [catalogue.gateway.child.pid, ...(catalogue.name === undefined ? [] : backendsOf(catalogue.name))];
  const times = [];
  const before = processorUs(pids);
  const began = performance.now();
  while (times.length < least || performance.now() - began < ms) {
    const body = JSON.stringify({ query, variables: variables((catalogue.asked += 1), catalogue.counts) });
    const start = performance.now();
    const answer = await ask(catalogue, tokens[who], body);
    times.push((performance.now() - start) * 1000);
    if (answer.startsWith('{"errors"')) throw new Error(`(${letter}) ${what}: ${answer.slice(0, 300)}`);
  }
  return { processor: (processorUs(pids) - before) / times.length, clock: quantile(times, 0.5) };
}

async function measure(catalogues, question, tokens) {
  const all = new Map(catalogues.map((catalogue) => [catalogue, []]));
  for (const catalogue of catalogues) await batch(catalogue, question, tokens, Number(options.warm), 3);
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const catalogue of catalogues) all.get(catalogue).push(await batch(catalogue, question, tokens, Number(options.ms), 3));
  }
  const middle = (rounds, what) => quantile(rounds.map((one) => one[what]), 0.5);
  return catalogues.map(({ database, size }, at) => {
    const rounds = all.get(catalogues[at]);
    return { database, size, processor: middle(rounds, 'processor'), clock: middle(rounds, 'clock') };
  });
}

const whole = (us) => (us < 100_000 ? String(Math.round(us)) : `${Math.round(us / 1000)} ms`);

function print(figures, database) {
  const heads = [`| ${database} |`, '|---|'];
  for (const size of sizes) {
    heads[0] += ` ${SIZES[size].images} images |${size === sizes[0] ? '' : ' × |'}`;
    heads[1] += size === sizes[0] ? '---|' : '---|---|';
  }
  console.log(`\nProcessor time of a question, in µs, and by the clock in brackets\n\n${heads.join('\n')}`);
  for (const { letter, what, costs } of figures) {
    const own = costs.filter((one) => one.database === database);
    const cells = own.map(({ processor, clock }, at) => {
      const ratio = at === 0 ? '' : ` | ${(processor / own[0].processor).toFixed(2)} (${(clock / own[0].clock).toFixed(2)})`;
      return `${whole(processor)} (${whole(clock)})${ratio}`;
    });
    console.log(`| (${letter}) ${what} | ${cells.join(' | ')} |`);
  }
}

await buildOrStop();
const { mintToken } = await built('access/sign-in/token.js');
const tokens = {};
for (const who of new Set(asked.map((question) => question[2]))) tokens[who] = await mintToken(SECRET, who, { expiresIn: 360_000 });
await mkdir(folder, { recursive: true });
const postgres = options.databases.includes('postgres') ? await startPostgres(join(folder, 'postgres')) : null;
const catalogues = await startAll(postgres);
try {
  const load = loadavg()[0].toFixed(1);
  const figures = [];
  // Code that is not compiled yet would count against the first questions.
  for (const question of asked) for (const catalogue of catalogues) await batch(catalogue, question, tokens, Number(options.ms) / 2, 3);
  for (const question of asked) {
    const costs = await measure(catalogues, question, tokens);
    figures.push({ letter: question[0], what: question[1], costs });
    console.error(`(${question[0]}) ${question[1]}: ${costs.map(({ database, size, processor }) => `${database} ${size} ${whole(processor)}`).join(', ')}`);
  }
  for (const database of options.databases.split(',')) print(figures, database);
  const ready = catalogues.map(({ database, size, gateway }) => `${database} ${size} ${Math.round(gateway.startMs)} ms`);
  console.log(`\nLoad of the machine before ${load}, after ${loadavg()[0].toFixed(1)}. Ready after: ${ready.join(', ')}`);
  const report = { machine: `${cpus().length} x ${cpus()[0]?.model}`, node: process.version, load: [load, loadavg()[0].toFixed(1)], ...options, figures };
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  for (const { gateway } of catalogues) await gateway.end();
  await postgres?.end();
}
