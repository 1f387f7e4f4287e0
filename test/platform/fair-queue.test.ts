import { describe, expect, it, vi } from 'vitest';
import { FairQueue } from '../../src/platform/scheduling/fair-queue.js';

const LIMITS = { running: 2, runningPerUser: 1, waitingPerUser: 3, jobs: 'jobs' };
const patient = (): AbortSignal => new AbortController().signal;

/** A job that ends when it is told to, and what has been started so far. */
class Jobs {
  readonly started: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(private readonly queue: FairQueue) {}

  add(user: string, name: string, signal: AbortSignal = patient()): Promise<string> {
    return this.queue.run(user, signal, async () => {
      this.started.push(name);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
      return name;
    });
  }

  /** Once it has been started. */
  async end(name: string): Promise<void> {
    const end = await vi.waitUntil(() => this.#ends.get(name));
    end();
  }
}

describe('a queue in which users take turns', () => {
  it('lets a user wait for the next job of another and not for all of them', async () => {
    const jobs = new Jobs(new FairQueue({ ...LIMITS, running: 1, waitingPerUser: 100 }));
    for (let at = 0; at < 50; at += 1) void jobs.add('greedy', `g${at}`);
    const one = jobs.add('modest', 'm');
    await jobs.end('g0');
    await jobs.end('m');
    expect(await one).toBe('m');
    await expect.poll(() => jobs.started).toEqual(['g0', 'm', 'g1']);
  });

  it('leaves room that one user may not take to the others', () => {
    const jobs = new Jobs(new FairQueue(LIMITS));
    void jobs.add('greedy', 'g0');
    void jobs.add('greedy', 'g1');
    expect(jobs.started).toEqual(['g0']);
    void jobs.add('modest', 'm');
    expect(jobs.started).toEqual(['g0', 'm']);
  });

  it('lets a user who has no job run one beyond the limit, where there is room for that', async () => {
    const jobs = new Jobs(new FairQueue({ ...LIMITS, running: 2, runningPerUser: 2, runningOfOthers: 1 }));
    for (const name of ['g0', 'g1', 'g2']) void jobs.add('greedy', name);
    void jobs.add('modest', 'm0');
    void jobs.add('modest', 'm1');
    void jobs.add('late', 'l0');
    expect(jobs.started).toEqual(['g0', 'g1', 'm0']);
    await jobs.end('g0');
    await expect.poll(() => jobs.started).toEqual(['g0', 'g1', 'm0', 'l0']);
    await jobs.end('m0');
    await jobs.end('l0');
    await expect.poll(() => jobs.started).toHaveLength(5);
  });

  it('lets others run while a job pauses, which then waits for its turn again', async () => {
    const queue = new FairQueue({ ...LIMITS, running: 1 });
    const [paused, over, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const order: string[] = [];
    const one = queue.run('a', patient(), async () => {
      paused.resolve();
      await queue.pause('a', patient(), async () => over.promise);
      order.push('a goes on');
    });
    await paused.promise;
    const two = queue.run('b', patient(), async () => {
      order.push('b');
      await ended.promise;
    });
    over.resolve();
    await expect.poll(() => order).toEqual(['b']);
    ended.resolve();
    await Promise.all([one, two]);
    expect([order, queue.running, queue.waiting]).toEqual([['b', 'a goes on'], 0, 0]);
  });

  it('counts right when a job is aborted while it pauses, or while it waits to go on', async () => {
    const queue = new FairQueue({ ...LIMITS, running: 1 });
    const stop = new AbortController();
    const pausing = queue.run('a', stop.signal, async () => queue.pause('a', stop.signal, async () => new Promise((_resolve, reject) => stop.signal.addEventListener('abort', () => reject(new Error('stopped'))))));
    stop.abort();
    await expect(pausing).rejects.toThrow('stopped');
    const again = new AbortController();
    const ended = Promise.withResolvers<void>();
    const waiting = queue.run('a', again.signal, async () => queue.pause('a', again.signal, async () => undefined));
    const other = queue.run('b', patient(), async () => ended.promise);
    await expect.poll(() => queue.waiting).toBe(1);
    again.abort(new Error('called off'));
    await expect(waiting).rejects.toThrow('called off');
    ended.resolve();
    await other;
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
    expect(await queue.run('c', patient(), async () => 'free')).toBe('free');
  });

  it('starts no new job of a user who has many that pause, and resumes those first', async () => {
    const queue = new FairQueue({ ...LIMITS, running: 1, pausedPerUser: 2, waitingPerUser: 100 });
    const over = Promise.withResolvers<void>();
    const order: string[] = [];
    const dead = ['a1', 'a2', 'a3', 'a4'].map(async (name) =>
      queue.run('a', patient(), async () => {
        order.push(name);
        await queue.pause('a', patient(), async () => over.promise);
        order.push(`${name} again`);
      }),
    );
    await expect.poll(() => order).toEqual(['a1', 'a2']);
    expect(await queue.run('b', patient(), async () => 'served')).toBe('served');
    expect([order, queue.waiting]).toEqual([['a1', 'a2'], 2]);
    over.resolve();
    await Promise.all(dead);
    expect(order.slice(0, 4)).toEqual(['a1', 'a2', 'a1 again', 'a2 again']);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('gives the next one its turn when a job fails', async () => {
    const queue = new FairQueue(LIMITS);
    const failed = queue.run('a', patient(), async () => Promise.reject(new Error('broken')));
    const next = queue.run('a', patient(), async () => 'done');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('done');
    expect(queue.waiting).toBe(0);
  });

  it('refuses more waiting jobs of a user than it may have', async () => {
    const jobs = new Jobs(new FairQueue(LIMITS));
    for (const name of ['a', 'b', 'c', 'd']) void jobs.add('greedy', name);
    await expect(jobs.add('greedy', 'e')).rejects.toMatchObject({ code: 'RATE_LIMITED', extensions: { retryAfter: 1 } });
    void jobs.add('modest', 'm');
    expect(jobs.started).toEqual(['a', 'm']);
  });

  it('drops a job that nobody waits for any longer', async () => {
    const queue = new FairQueue(LIMITS);
    const jobs = new Jobs(queue);
    const first = jobs.add('a', 'first');
    const abort = new AbortController();
    const dropped = jobs.add('a', 'dropped', abort.signal);
    const last = jobs.add('a', 'last');
    abort.abort(new Error('gone'));
    await expect(dropped).rejects.toThrow('gone');
    await jobs.end('first');
    await first;
    await expect.poll(() => jobs.started).toEqual(['first', 'last']);
    await jobs.end('last');
    expect(await last).toBe('last');
    expect(queue.waiting).toBe(0);
  });
});
