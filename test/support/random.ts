import * as fc from 'fast-check';
import { afterEach } from 'vitest';

/** The seed of every random choice in the tests: TEST_SEED repeats a run, and without it vitest.config.ts draws one for each run. */
export const SEED = Number(process.env.TEST_SEED);

fc.configureGlobal({ seed: SEED });
export { fc };

/** A generator of numbers from 0 up to 1 that depends on nothing but its seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  // The low bits of a linear congruential generator repeat soon, so that the high ones alone are used.
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** The next random number of this test file, from 0 up to 1. */
export const random = randomNumbers(SEED);

afterEach(({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(`"${task.name}" made random choices; TEST_SEED=${SEED} makes the same ones again.\n`);
});
