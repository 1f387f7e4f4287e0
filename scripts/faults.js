import { randomInt } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildOrStop } from './build.js';
import { begin, installTestPackages, pathOf, stop } from './project.js';

const usage = `npm run test:faults -- [--minutes N] [--seed S] [--database sqlite|postgres]: makes changes of every kind for N minutes (10 unless given)
while it kills, freezes and replaces processes, restarts Postgres and its pooler, fills the disk, removes files, sets clocks wrong, and while the
source of images cuts, stalls and lies. Three processes on one Postgres, and beside them one on SQLite. It checks all the time and at the end that
nothing acknowledged is lost, bytes and rows belong together, limits and bindings hold, and every task ends once; then it measures how quick tasks
are taken over, cancelled, begun and worked off. It prints what was injected and the figures; when a rule is broken, the seed and what happened
around it, and it exits with 1. Which fault comes when follows from the seed; what the processes make of it also depends on the machine.`;
const mostSeed = 2 ** 31 - 1;
const databases = ['sqlite', 'postgres'];
begin(usage);
const { minutes, seed, database } = asked();
await installTestPackages();
await buildOrStop();
console.error(`${minutes} minutes of seed ${seed}.`);
Object.assign(process.env, { FAULT_MINUTES: String(minutes), TEST_SEED: String(seed) });
// In this process, so that Ctrl-C and SIGTERM reach vitest, which then stops its Postgres.
process.argv.splice(2, process.argv.length, 'run', ...(database === undefined ? [] : ['--project', database]), 'test/faults/faults.test.ts');
await import(pathToFileURL(pathOf('node_modules', 'vitest', 'vitest.mjs')).href);

function asked() {
  try {
    const options = { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: String(randomInt(mostSeed)) }, database: { type: 'string' } };
    const { values } = parseArgs({ options });
    const [given, drawn] = [Number(values.minutes), Number(values.seed)];
    const isValid = given > 0 && given <= 1440 && Number.isInteger(drawn) && drawn >= 0 && drawn < mostSeed && (values.database === undefined || databases.includes(values.database));
    if (isValid) return { minutes: given, seed: drawn, database: values.database };
  } catch (error) {
    console.error(error.message);
  }
  return stop(`${usage}\nN: more than 0 and at most 1440. S: a whole number from 0 to ${mostSeed - 1}.`);
}
