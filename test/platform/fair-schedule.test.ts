import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { FairSchedule, type Job } from '../../src/platform/scheduling/fair-schedule.js';

interface Told {
  job: string;
  isFree: boolean;
}

/** A job that notes its turns; `ms` of each hold the event loop. */
function jobOf(name: string, told: Told[], { ms = 0, waitingSince = performance.now() } = {}): Job & { gaveUp: number | null } {
  return {
    user: name.split('-')[0] ?? name,
    waitingSince,
    gaveUp: null,
    async run(isFree) {
      const end = performance.now() + ms;
      while (performance.now() < end);
      told.push({ job: name, isFree });
    },
    giveUp(retryAfterMs) {
      this.gaveUp = retryAfterMs;
    },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

it('gives users turns with each other, however many jobs each has', async () => {
  const [schedule, told] = [new FairSchedule(), [] as Told[]];
  for (let at = 0; at < 100; at += 1) schedule.add(jobOf(`many-${at}`, told, { ms: 1 }), false);
  schedule.add(jobOf('few-0', told), false);
  await until(() => told.length === 101);
  expect(told.findIndex(({ job }) => job === 'few-0')).toBeLessThan(40);
  expect(told.filter(({ job }) => job !== 'few-0').map(({ job }) => job)).toEqual(Array.from({ length: 100 }, (_, at) => `many-${at}`));
});

it('lets other work in between, again and again', async () => {
  const [schedule, told] = [new FairSchedule(), [] as Told[]];
  for (let at = 0; at < 100; at += 1) schedule.add(jobOf(`user-${at}`, told, { ms: 2 }), false);
  let chances = 0;
  await until(() => (chances += 1) > 0 && told.length === 100);
  expect(chances).toBeGreaterThan(10);
});

it('keeps the jobs of a user without budget until there is some, and nobody else', async () => {
  const [schedule, told] = [new FairSchedule(), [] as Told[]];
  let isEmpty = true;
  schedule.useBudget({ waitMs: (user) => (user === 'poor' && isEmpty ? 5 : 0), charge: () => undefined });
  schedule.add(jobOf('poor-0', told), false);
  schedule.add(jobOf('rich-0', told), false);
  await until(() => told.length === 1);
  expect(told).toEqual([{ job: 'rich-0', isFree: false }]);
  isEmpty = false;
  await until(() => told.length === 2);
  expect(told.at(-1)).toEqual({ job: 'poor-0', isFree: false });
});

it('gives free turns without budget, and gives up who waits for too long', async () => {
  const [schedule, told] = [new FairSchedule(), [] as Told[]];
  schedule.useBudget({ waitMs: () => 60_000, charge: () => undefined });
  const [old, recent] = [jobOf('poor-0', told, { waitingSince: performance.now() - 60_000 }), jobOf('poor-1', told)];
  old.giveUp = function giveUp(this: typeof old, retryAfterMs) {
    this.gaveUp = retryAfterMs;
    schedule.remove(this);
  };
  schedule.add(old, false);
  expect(old.gaveUp).toBe(60_000);
  schedule.add(recent, false);
  schedule.add(recent, true);
  await until(() => told.length === 1);
  expect(told).toEqual([{ job: 'poor-1', isFree: true }]);
});

it('gives a job that was removed no turn', async () => {
  const [schedule, told] = [new FairSchedule(), [] as Told[]];
  const jobs = Array.from({ length: 20 }, (_, at) => jobOf(`user-${at}`, told));
  for (const job of jobs) schedule.add(job, false);
  const last = jobs.at(-1);
  if (last !== undefined) schedule.remove(last);
  schedule.add(jobOf('other-0', told), false);
  await until(() => told.length === 20);
  expect(told.map(({ job }) => job)).not.toContain('user-19');
});
