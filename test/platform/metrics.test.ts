import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { shareRead } from '../../src/platform/metrics.js';

it('gauges share a read, also while it runs, and read again once it is old', async () => {
  let reads = 0;
  const collect = shareRead(async () => void (reads += 1), () => undefined, 10);
  await Promise.all([collect(), collect(), collect()]);
  expect(reads).toBe(1);
  await sleep(11);
  await collect();
  expect(reads).toBe(2);
});

it('a read that fails or never ends leaves the scrape its other metrics', async () => {
  const forgotten: string[] = [];
  await shareRead(async () => Promise.reject(new Error('The database is away.')), () => void forgotten.push('failed'))();
  await shareRead(async () => new Promise(() => undefined), () => void forgotten.push('late'))();
  expect(forgotten).toEqual(['failed', 'late']);
});
