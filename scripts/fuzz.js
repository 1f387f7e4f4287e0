import { randomInt } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildOrStop } from './build.js';
import { begin, pathOf, stop } from './project.js';

const usage = `npm run test:fuzz -- [N] [--seed S] [--postgres]: sends N random requests (1000 unless given) to a gateway with a world of its own.
Over HTTP, WebSocket, server-sent events and bare sockets, as several users and as nobody: valid operations, broken ones, odd bytes.
It fails on a status of 500 and above, an answer without a code or slower than 3 s, a leak, an error in the log, or an end of the process,
and prints the smallest case found, whole, and the seed that repeats the run. --postgres: over Postgres, not SQLite.`;
const mostSeed = 2 ** 31 - 1;
begin(usage);
const { cases, seed, project } = asked();
await buildOrStop();
console.error(`${cases} cases of seed ${seed} over ${project}.`);
Object.assign(process.env, { FUZZ_CASES: String(cases), TEST_SEED: String(seed) });
// In this process, so that Ctrl-C and SIGTERM reach vitest, which then stops its Postgres.
process.argv.splice(2, process.argv.length, 'run', '--project', project, 'test/fuzz/fuzz.test.ts');
await import(pathToFileURL(pathOf('node_modules', 'vitest', 'vitest.mjs')).href);

function asked() {
  try {
    const options = { seed: { type: 'string', default: String(randomInt(mostSeed)) }, postgres: { type: 'boolean', default: false } };
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const [count, drawn] = [Number(positionals[0] ?? 1000), Number(values.seed)];
    const isValid = positionals.length < 2 && Number.isInteger(count) && count > 0 && Number.isInteger(drawn) && drawn >= 0 && drawn < mostSeed;
    if (isValid) return { cases: count, seed: drawn, project: values.postgres ? 'postgres' : 'sqlite' };
  } catch (error) {
    console.error(error.message);
  }
  return stop(`${usage}\nN: a whole number from 1. S: one from 0 to ${mostSeed - 1}.`);
}
