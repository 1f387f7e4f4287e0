import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildOrStop } from '../scripts/build.js';
import { begin, pathOf, stop } from '../scripts/project.js';
import { fill } from './fill.js';
import { fitCost } from './fit-cost.js';
import { installOrStop } from './install.js';
import { QUERIES, requestsOf } from './queries.js';
import { scaleOut } from './scale-out.js';
import { ask, cpuMs, end, LOAD_CORE, nodeOn, SERVERS, start, startGateway } from './servers.js';

begin(`npm run bench [-- options]: the gateway, with everything it does in service, against mercurius, graphql-yoga and the
limit (node:http with prepared statements, no GraphQL and no permissions), over one SQLite file. Servers take turns in every
round, the server on one core and the load on another; printed are the medians of the rounds, and ratios.

  --smoke              asks every server every query once and compares the answers
  --rounds 5           how many rounds
  --seconds 3          how long each server is asked each query in a round
  --connections 20     how many at once
  --queries abcdefgh   which queries; bench/queries.js has them
  --servers a,b        which of ${SERVERS.join(', ')}, unbundled, "no permissions"
  --images 10000       how large a catalogue
  --json file          also writes the figures there
  --fit-cost           instead, asks the gateway alone what each weight of cost stands for, and fails when one is off by
                       more than 3 times; --images (50000), --only TEXT: operations with this in their name
  --scale-out          instead, 1, 2 and 3 API processes and workers on one Postgres behind a TCP balancer: what each adds;
                       --rounds (3), --seconds (3), --images (10000), --queries (abg), --tasks 200`);

const { values: options } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '20' },
    queries: { type: 'string', default: 'abcdefgh' },
    servers: { type: 'string', default: SERVERS.join(',') },
    images: { type: 'string' },
    json: { type: 'string' },
    'fit-cost': { type: 'boolean', default: false },
    only: { type: 'string' },
    'scale-out': { type: 'boolean', default: false },
    tasks: { type: 'string', default: '200' },
  },
});
const names = options.servers.split(',');
const asked = Object.keys(QUERIES).filter((name) => options.queries.includes(name));

async function newCatalogue() {
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-bench-'));
  await end(await startGateway(folder));
  fill(join(folder, 'gateway.sqlite'), { images: Number(options.images ?? 10_000) });
  return folder;
}

/** The answers of a server to every query, first variables; a mutation leaves the file as it was. */
async function answersOf(name, folder) {
  const server = await start(name, folder);
  const answers = {};
  for (const query of asked) answers[query] = await sameThrice(server.url, requestsOf(QUERIES[query])[0]);
  await end(server);
  return answers;
}

/** Data and errors of an answer; asked three times, as a server may answer otherwise once it knows the document. */
async function sameThrice(url, request) {
  const { data, errors } = await ask(url, request);
  for (let time = 2; time <= 3; time += 1) {
    const again = await ask(url, request);
    if (JSON.stringify(again.data) !== JSON.stringify(data)) stop(`The same question, another answer: ${JSON.stringify(again).slice(0, 600)}`);
  }
  return { data, errors };
}

async function smoke(folder) {
  const [first, ...others] = names;
  const expected = await answersOf(first, folder);
  const faults = asked.filter((query) => expected[query].errors).map((query) => `${first} ${query}: ${JSON.stringify(expected[query].errors)}`);
  for (const name of others) {
    const answers = await answersOf(name, folder);
    for (const query of asked) {
      const [ours, theirs] = [JSON.stringify(expected[query]), JSON.stringify(answers[query])];
      if (ours !== theirs) faults.push(`${query} differs\n  ${first}: ${aroundDifference(ours, theirs)}\n  ${name}: ${aroundDifference(theirs, ours)}`);
    }
  }
  if (faults.length > 0) stop(faults.join('\n'));
  console.log(`${names.length} servers give the same answers to ${asked.length} queries.`);
}

/** The text from a little before the first place where the other one differs. */
function aroundDifference(text, other) {
  const at = [...text].findIndex((letter, index) => letter !== other[index]);
  return text.slice(Math.max(0, at - 200), at + 400);
}

async function load(url, query, seconds) {
  const child = nodeOn(LOAD_CORE, [pathOf('bench', 'load.js'), url, query, options.connections, String(seconds)]);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await once(child, 'exit');
  return JSON.parse(output);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function measure(folder) {
  const results = Object.fromEntries(asked.map((query) => [query, Object.fromEntries(names.map((name) => [name, []]))]));
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const name of names) {
      const server = await start(name, folder);
      for (const query of asked) {
        await load(server.url, query, 1);
        const before = cpuMs(server);
        const figures = await load(server.url, query, Number(options.seconds));
        results[query][name].push({ ...figures, cpuUs: ((cpuMs(server) - before) * 1000) / (figures.perSecond * figures.seconds) });
      }
      await end(server);
    }
    process.stderr.write(`round ${round} of ${options.rounds}\n`);
  }
  return results;
}

function summary(results) {
  const middle = (rounds) => ({ perSecond: Math.round(median(rounds.map((one) => one.perSecond))), cpuUs: Math.round(median(rounds.map((one) => one.cpuUs))), p99Ms: median(rounds.map((one) => one.p99Ms)) });
  return Object.entries(results).map(([query, servers]) => ({
    query,
    title: QUERIES[query].title,
    servers: Object.fromEntries(Object.entries(servers).map(([name, rounds]) => [name, middle(rounds)])),
  }));
}

function print(figures) {
  for (const { query, title, servers } of figures) {
    console.log(`\n(${query}) ${title}`);
    const best = [servers.mercurius, servers['mercurius-loaders']].filter(Boolean).toSorted((one, other) => other.perSecond - one.perSecond)[0];
    const ratio = (one, other) => (one && other ? (one / other).toFixed(2) : '-');
    console.table(Object.entries(servers).map(([server, { perSecond, p99Ms, cpuUs }]) => ({
      server,
      'requests/s': perSecond,
      'p99 ms': p99Ms,
      'of the limit': ratio(perSecond, servers.limit?.perSecond),
      'of mercurius': ratio(perSecond, best?.perSecond),
      'cpu µs': cpuUs,
      'limit / cpu': ratio(servers.limit?.cpuUs, cpuUs),
      'mercurius / cpu': ratio(best?.cpuUs, cpuUs),
    })));
  }
}

async function compare() {
  await installOrStop();
  const folder = await newCatalogue();
  try {
    if (options.smoke) await smoke(folder);
    else {
      const figures = summary(await measure(folder));
      print(figures);
      const report = { machine: `${cpus().length} x ${cpus()[0]?.model}`, node: process.version, ...options, figures };
      if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runScaleOut() {
  await installOrStop();
  const { rounds, seconds, images = '10000', queries, tasks } = options;
  await scaleOut({ rounds: rounds === '5' ? 3 : Number(rounds), seconds: Number(seconds), images: Number(images), queries: queries === 'abcdefgh' ? ['a', 'b', 'g'] : asked, tasks: Number(tasks) });
}

await buildOrStop();
if (options['fit-cost']) await fitCost({ images: Number(options.images ?? 50_000), only: options.only });
else if (options['scale-out']) await runScaleOut();
else await compare();
