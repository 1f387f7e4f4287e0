import { setTimeout as delay } from 'node:timers/promises';

/** Something did not end in time. */
export class NoAnswer extends Error {
  constructor(readonly withinMs: number) {
    super(`no answer within ${withinMs / 1000} s`);
    this.name = 'NoAnswer';
  }
}

/** What `work` gives or throws; when that takes longer than `ms`, what `late` gives or throws, which is NoAnswer by default. The work itself goes on, and its end is ignored. */
export async function withinTime<Value, Late = never>(ms: number, work: Promise<Value>, late: () => Late = () => noAnswer(ms)): Promise<Value | Late> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, delay(ms, undefined, { signal: timer.signal }).then(late)]);
  } finally {
    timer.abort();
  }
}

function noAnswer(ms: number): never {
  throw new NoAnswer(ms);
}
