import { expect, it } from 'vitest';
import { NoAnswer, withinTime } from '../../src/platform/scheduling/within-time.js';

const LONG_MS = 60_000;
const never = new Promise<never>(() => undefined);
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

it('gives what the work gives or throws, and leaves no timer', async () => {
  const before = timers();
  expect(await withinTime(LONG_MS, Promise.resolve(7))).toBe(7);
  await expect(withinTime(LONG_MS, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(timers()).toBe(before);
});

it('gives or throws what stands for work that takes too long', async () => {
  expect(await withinTime(1, never, () => 'late')).toBe('late');
  await expect(withinTime(1, never)).rejects.toThrow(NoAnswer);
});
