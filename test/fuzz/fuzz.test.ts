import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuiltWorld } from '../oracle/build-world.js';
import { caseOf, type FuzzCase } from './cases.js';
import { buildFuzzWorld } from './fuzz-world.js';
import { faults } from './judge.js';
import { sendCase } from './send.js';
import { DATABASE } from '../support/database.js';
import { fc, SEED } from '../support/random.js';
import { Tape, tapes } from './tape.js';

/** scripts/fuzz.js asks for more or fewer. */
const CASES = Number(process.env.FUZZ_CASES ?? 500);
/** Each database gets cases of its own. */
const FIRST = DATABASE === 'sqlite' ? SEED : SEED + 1;
const PROGRESS_EVERY = 500;
const MOST_MEMORY_MIB = 700;
const LOGGED = 'the process logged an error';
const SHRINK_MS = 60_000;

let world: BuiltWorld;
/** The last ones, as a line in the log may come after the answer. */
const recent: FuzzCase[] = [];
const KEPT = 4;
let failedAt: number | null = null;
const tally = new Map<string, number>();

beforeAll(async () => {
  world = await buildFuzzWorld();
});
afterAll(async () => world?.close());

function count(what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

/** Resident memory in MiB; null where the system does not say. */
function memory(): number | null {
  try {
    const status = readFileSync(`/proc/${world.gateway.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return null;
  }
}

async function check(numbers: number[]): Promise<void> {
  const sent = caseOf(world.facts, new Tape(numbers));
  const key = sent.as === null ? null : (world.clients.get(sent.as)?.key ?? null);
  recent.splice(0, Math.max(0, recent.length - KEPT));
  recent.push(sent);
  const said = world.gateway.output().length;
  const received = await sendCase(world.gateway.url, key, sent).catch((error: unknown) => String(error));
  if (typeof received !== 'string') {
    count(`${sent.way} ${received.status}`);
    count(/"code":"(\w+)"/.exec(received.texts.join(' '))?.[1] ?? 'no error');
  }
  const log = world.gateway.output().slice(said);
  const found = typeof received === 'string' ? [received] : faults(sent, received);
  const { exitCode, signalCode } = world.gateway.child;
  if (exitCode !== null || signalCode !== null) found.push(`the process ended: ${exitCode ?? signalCode}`);
  if (/"level":[56]0/.test(log)) found.push(LOGGED);
  if (found.length === 0) return;
  const isLate = found.length === 1 && found[0] === LOGGED;
  const report = JSON.stringify({ found, sent: isLate ? recent : sent, received }, null, 2);
  if (failedAt === null) process.stderr.write(`The first that failed, before a smaller one is looked for:\n${report}\n${log.slice(0, 4000)}\n`);
  failedAt ??= performance.now();
  throw new Error(`${report}\n${log.slice(0, 4000)}\nAgain: npm run test:fuzz -- ${CASES} --seed ${SEED}${DATABASE === 'sqlite' ? '' : ' --postgres'}`);
}

it(`answers ${CASES} random cases with a code, without a leak, in time`, { timeout: 120_000 + CASES * 200 }, async () => {
  let ran = 0;
  const property = fc.asyncProperty(tapes(90), async (numbers) => {
    if (failedAt !== null && performance.now() - failedAt > SHRINK_MS) return;
    await check(numbers);
    ran += 1;
    if (ran % PROGRESS_EVERY === 0) process.stderr.write(`${ran} of ${CASES} cases, ${Math.round(memory() ?? 0)} MiB\n`);
  });
  await fc.assert(property, { seed: FIRST, numRuns: CASES, interruptAfterTimeLimit: SHRINK_MS + CASES * 190 });
  expect(memory() ?? 0).toBeLessThan(MOST_MEMORY_MIB);
  // Else nobody was let in, and nothing was tried.
  expect(tally.get('no error') ?? 0).toBeGreaterThan(CASES / 10);
  process.stderr.write(`${JSON.stringify(Object.fromEntries([...tally].sort()))}\n`);
});
