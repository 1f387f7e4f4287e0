import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { built, stop } from '../scripts/project.js';
import { QUESTIONS } from './cost-questions.js';
import { fill, keyOf } from './fill.js';
import { quantile, startGateway } from './gateway.js';
import { processorUs } from './processor-time.js';

/** 1 of cost, as docs/operations.md has it. */
const US_PER_COST = 10;
/** What is charged may be so many times too much or too little. */
const TOLERATED = 3;
const ROUNDS = 3;
const MS_PER_ROUND = 80;
const WARM = 10;
const READERS = 200;
const EVENTS = 20;

/** A budget that nothing refills tells by what is left of it what was charged. */
const SETTINGS = { COST_PER_SECOND: '1', COST_BURST: '1000000000', COST_LIMIT: '1000000000', LOG_LEVEL: 'fatal' };

class Asker {
  #asked = 0;
  #events = 0;
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(gateway, images) {
    Object.assign(this, { gateway, images });
  }

  /** The process, and those that read for it. */
  get pids() {
    const { pid } = this.gateway.child;
    return [pid, ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)];
  }

  /** `extensions.cost` of one more question. */
  async ask(name) {
    const question = QUESTIONS[name];
    const at = name === 'an event' ? (this.#events += 1) : (this.#asked += 1);
    const query = typeof question.query === 'string' ? question.query : question.query(at, this.images);
    const body = JSON.stringify({ query, variables: question.variables?.(at, this.images) ?? {} });
    const answer = question.uncompiled ? await this.#send('GET', question.caller, `?query=${encodeURIComponent(query)}`) : await this.#send('POST', question.caller, '', body);
    if ((answer.errors !== undefined) !== (question.isRefused === true)) stop(`${name}: ${JSON.stringify(answer).slice(0, 500)}`);
    return answer.extensions.cost;
  }

  #send(method, caller, search, body) {
    return new Promise((answered, failed) => {
      const headers = { 'content-type': 'application/json', 'apollo-require-preflight': 'true', authorization: `Bearer ${keyOf(caller)}`, ...(body && { 'content-length': Buffer.byteLength(body) }) };
      const sent = request(this.gateway.url + search, { method, agent: this.#agent, headers }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => answered(JSON.parse(Buffer.concat(chunks).toString())));
      });
      sent.on('error', failed);
      sent.end(body);
    });
  }
}

/** Asks for a while: processor time and charge of one question, in µs. */
async function round(asker, name) {
  const leftBefore = (await asker.ask(name)).available;
  const before = processorUs(asker.pids);
  const began = performance.now();
  let left = leftBefore;
  let held = 0;
  let count = 0;
  while (count < 3 || performance.now() - began < MS_PER_ROUND) {
    const { available, requested = 0 } = await asker.ask(name);
    left = available;
    held = requested * US_PER_COST;
    count += 1;
  }
  return { measured: (processorUs(asker.pids) - before) / count, charged: ((leftBefore - left) * US_PER_COST) / count, held };
}

async function measure(asker, names) {
  const all = new Map(names.map((name) => [name, []]));
  for (const name of names) for (let time = 0; time < WARM; time += 1) await asker.ask(name);
  for (let at = 0; at < ROUNDS; at += 1) for (const name of names) all.get(name).push(await round(asker, name));
  const middle = (rounds, what) => quantile(rounds.map((one) => one[what]), 0.5);
  return names.map((name) => ({ name, measured: middle(all.get(name), 'measured'), charged: middle(all.get(name), 'charged'), held: middle(all.get(name), 'held') }));
}

/** Processor time of one event in µs, with so many streams open that hear of it; and how the streams are closed. */
async function eventUs(asker, streams) {
  const closing = new AbortController();
  let arrived = 0;
  const open = async (at) => {
    const query = streams[at];
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json', authorization: `Bearer ${keyOf('plain')}` };
    const response = await fetch(asker.gateway.url, { method: 'POST', headers, body: JSON.stringify({ query }), signal: closing.signal });
    const read = async () => {
      for await (const chunk of response.body) arrived += Buffer.from(chunk).toString().split('event: next').length - 1;
    };
    read().catch(() => undefined);
  };
  for (let at = 0; at < streams.length; at += 1) await open(at);
  await asker.ask('an event');
  await sleep(500);
  arrived = 0;
  const before = processorUs(asker.pids);
  for (let at = 1; at <= EVENTS; at += 1) {
    await asker.ask('an event');
    while (arrived < at * streams.length) await sleep(1);
  }
  const us = (processorUs(asker.pids) - before) / EVENTS;
  closing.abort();
  return us;
}

/** What an event costs that one reader, or many, hear of: each of several measurements against the same without readers. */
async function measureEvents(asker) {
  const { WEIGHTS } = await built('graphql/admission/cost/cost-weights.js');
  const query = 'subscription { imageChanged { kind name image { name status owner { username } } } }';
  const without = await eventUs(asker, []);
  const shared = Array.from({ length: READERS }, () => query);
  const apart = Array.from({ length: EVENTS }, (_, at) => `${query} # ${at}`.replace('kind', `k${at}: kind`));
  const row = (name, measured, charged) => ({ name, measured, charged, held: 0 });
  return [
    row(`an event to ${READERS} streams alike`, (await eventUs(asker, shared)) - without, WEIGHTS.event + READERS * WEIGHTS.reader),
    row(`an event to ${EVENTS} streams that ask each something else`, (await eventUs(asker, apart)) - without, EVENTS * (WEIGHTS.event + WEIGHTS.reader)),
  ];
}

/** Measures what operations take against what they are charged with, and exits with 1 when one is off by more than 3 times. */
export async function fitCost({ images, only }) {
  const names = Object.keys(QUESTIONS).filter((name) => name !== 'an event' && (only === undefined || name.includes(only)));
  const folder = await mkdtemp(join(tmpdir(), 'image-gateway-cost-'));
  try {
    await (await startGateway(folder)).end();
    fill(join(folder, 'gateway.sqlite'), { images });
    const gateway = await startGateway(folder, SETTINGS);
    const asker = new Asker(gateway, images);
    const figures = await measure(asker, names);
    if (only === undefined || 'events'.includes(only)) figures.push(...(await measureEvents(asker)));
    await gateway.end();
    const isOff = ({ measured, charged }) => charged > TOLERATED * measured || measured > TOLERATED * charged;
    console.log(`\nProcessor time of an operation and what it is charged with, in µs, with ${images} images\n\n| Operation | measured | charged | × | estimated |\n|---|---|---|---|---|`);
    for (const one of figures) console.log(`| ${one.name} | ${Math.round(one.measured)} | ${Math.round(one.charged)} | ${(one.charged / one.measured).toFixed(2)}${isOff(one) ? ' !' : ''} | ${one.held || '–'} |`);
    const off = figures.filter(isOff);
    if (off.length > 0) process.exitCode = 1;
    console.log(`\n${off.length === 0 ? 'All' : `${figures.length - off.length} of ${figures.length}`} are within ${TOLERATED} times.`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
