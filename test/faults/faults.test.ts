import { expect, it } from 'vitest';
import { DATABASE } from '../support/database.js';
import { SEED } from '../support/random.js';
import { runFaults } from './fault-run.js';
import { reportOf, slowFigures } from './report.js';

/** scripts/faults.js asks for so many; without it, each fault comes once. */
const MINUTES = process.env.FAULT_MINUTES === undefined ? null : Number(process.env.FAULT_MINUTES);
/** Starts, checks and figures take a while besides. */
const BESIDES_MS = 300_000;

it('loses nothing while processes die, stand still and are replaced, and while what they work with fails', { timeout: (MINUTES ?? 1) * 60_000 + BESIDES_MS }, async () => {
  const result = await runFaults({ seed: SEED, database: DATABASE, minutes: MINUTES });
  process.stderr.write(`${reportOf(result)}\n`);
  const { history } = result;
  if (history.broke.length > 0) process.stderr.write(`${history.explain()}\nAgain: npm run test:faults -- --minutes ${MINUTES ?? 1} --seed ${SEED}\n`);
  expect(history.broke.map(({ text }) => text)).toEqual([]);
  expect(slowFigures(result)).toEqual([]);
});
