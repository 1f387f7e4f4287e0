import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_USERNAME, User } from '../../src/access/people/user.entity.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { writeAtOnce } from '../../src/platform/database/write-rows.js';
import { ChangeBus } from '../../src/tasks/changes/change-bus.js';
import { transact } from '../../src/tasks/changes/transact.js';
import { TaskClaims } from '../../src/tasks/runner/claims.js';
import type { Failure } from '../../src/tasks/runner/end-task.js';
import { recordWork } from '../../src/tasks/runner/record-task.js';
import { RunStopped, TaskRun } from '../../src/tasks/runner/task-run.js';
import { MustRunAgain, type TaskHandler, TaskRunner } from '../../src/tasks/runner/task-runner.js';
import { Task } from '../../src/tasks/task.entity.js';
import { DATABASE, openMigratedDatabase, type TestedDatabase } from '../support/database.js';

const log = pino({ level: 'silent' });
const changes = new ChangeBus();
let opened: TestedDatabase;
let userId: number;
const runners: TaskRunner[] = [];

beforeAll(async () => {
  opened = await openMigratedDatabase();
  const em = opened.database.em.fork();
  const user = em.create(User, { username: SYSTEM_USERNAME, active: false });
  await em.flush();
  userId = user.id;
});
afterAll(async () => {
  await Promise.all(runners.map(async (runner) => runner.stop()));
  await opened?.close();
});

async function record(): Promise<string> {
  return transact(opened.database.em.fork(), changes, async (tx, announce) => recordWork(tx, { action: 'IMAGE_VERIFY', userId, tokenGroups: [], detail: {} }, { instructions: { given: 1 } }, announce));
}

async function rowOf(id: string): Promise<Task> {
  return opened.database.em.fork().findOneOrFail(Task, id);
}

/** Lets the claim run out, as when its process is frozen or gone. */
async function expire(id: string): Promise<void> {
  await writeAtOnce(opened.database.em.fork(), sqlText`update task set claimed_until = 1 where id = ${id}`);
}

type Work = (run: TaskRun) => Promise<void>;

/** Ends the task by itself unless `work` says otherwise, and counts what was undone. */
class Handler implements TaskHandler {
  readonly lane = 'changes';
  readonly undone: Failure[] = [];
  attempts = 0;

  constructor(private readonly work: Work = async () => undefined) {}

  async permission(): Promise<null> {
    return null;
  }

  async run(run: TaskRun): Promise<void> {
    this.attempts += 1;
    await this.work(run);
    await transact(opened.database.em.fork(), changes, async (tx, announce) => run.succeed(tx, announce));
  }

  async undo(run: TaskRun, failure: Failure): Promise<void> {
    await transact(opened.database.em.fork(), changes, async (tx, announce) => run.fail(tx, failure, announce));
    this.undone.push(failure);
  }
}

function newRunner(handler: TaskHandler): TaskRunner {
  const runner = new TaskRunner(opened.database, changes, log, { handlers: { IMAGE_VERIFY: handler } });
  runners.push(runner);
  return runner;
}

/** An attempt outside any runner, as a frozen process has one. */
async function attemptAt(id: string, claims = new TaskClaims(opened.database)): Promise<TaskRun> {
  const task = await claims.claim(id);
  if (task === null) throw new Error('It is held.');
  const parts = { em: () => opened.database.em.fork(), changes, log, permission: async () => null, pause: async () => undefined };
  return new TaskRun(task, new AbortController().signal, parts);
}

describe('a claim', () => {
  it('is had by one of many that ask at once, and raises the attempt', async () => {
    const id = await record();
    const claimed = await Promise.all(Array.from({ length: 8 }, async () => new TaskClaims(opened.database).claim(id)));
    expect(claimed.filter((task) => task !== null)).toMatchObject([{ id, attempts: 1, instructions: { given: 1 } }]);
    expect(await rowOf(id)).toMatchObject({ status: 'RUNNING', attempts: 1 });
  });

  it('is free for others once it has run out or was given back', async () => {
    const id = await record();
    const [first, second, third] = [new TaskClaims(opened.database), new TaskClaims(opened.database), new TaskClaims(opened.database)];
    const attempt = await first.claim(id);
    expect(await second.claim(id)).toBeNull();
    expect((await second.free(0)).map((task) => task.id)).not.toContain(id);
    await expire(id);
    expect((await second.free(0)).map((task) => task.id)).toContain(id);
    expect(await second.claim(id)).toMatchObject({ attempts: 2 });
    // Too late: it is not the present attempt that gives back.
    await first.release({ id, attempts: attempt?.attempts ?? 0 });
    expect(await third.claim(id)).toBeNull();
    await second.release({ id, attempts: 2 });
    expect(await third.claim(id)).toMatchObject({ attempts: 3 });
  });

  it('is found free whatever the clock said of whoever recorded the task', async () => {
    const [claims, now] = [new TaskClaims(opened.database), Date.now()];
    const recorded = await Promise.all([0, 3_600_000, -3_600_000].map(async (skewMs) => {
      const id = await record();
      await opened.database.em.fork().nativeUpdate(Task, id, { createdAt: new Date(now + skewMs) });
      return { id, isFound: skewMs !== 0 };
    }));
    const found = (await claims.free(60_000)).map(({ id }) => id);
    // One that was recorded just now is queued by whoever recorded it.
    for (const { id, isFound } of recorded) expect([id, found.includes(id)]).toEqual([id, isFound]);
    for (const { id } of recorded) await new Handler().undo(await attemptAt(id), { status: 'CANCELLED', code: 'CANCELLED', message: 'of no more use' });
  });

  it.runIf(DATABASE === 'postgres')('is told lost to whoever renews it too late (on SQLite, one process owns every claim)', async () => {
    const [kept, lost] = [await record(), await record()];
    const claims = new TaskClaims(opened.database);
    const held = [await claims.claim(kept), await claims.claim(lost)].flatMap((task) => task ?? []);
    await expire(lost);
    await new TaskClaims(opened.database).claim(lost);
    expect(await claims.renew(held)).toEqual([lost]);
  });
});

describe('an attempt whose task another one has begun anew', () => {
  it.each<[string, Work]>([
    ['enters no phase', async (run) => run.enter('DOWNLOADING')],
    ['reports no progress', async (run) => run.progress(5)],
    ['publishes nothing', async (run) => run.commitToPublish({ digest: 'mine' })],
    ['ends nothing well', async (run) => transact(opened.database.em.fork(), changes, async (tx, announce) => run.succeed(tx, announce))],
    ['ends nothing badly', async (run) => transact(opened.database.em.fork(), changes, async (tx, announce) => run.fail(tx, { status: 'FAILED', code: 'X', message: 'x' }, announce))],
    ['changes no other row', async (run) => transact(opened.database.em.fork(), changes, async (tx) => run.lockClaim(tx))],
  ])('%s', async (_what, write) => {
    const id = await record();
    const frozen = await attemptAt(id);
    await expire(id);
    const present = await attemptAt(id);
    await present.enter('VERIFYING', { done: 1, total: 2 });
    await expect(write(frozen)).rejects.toThrow(RunStopped);
    expect(await rowOf(id)).toMatchObject({ status: 'RUNNING', phase: 'VERIFYING', bytesDone: 1, attempts: 2, instructions: { given: 1 } });
  });

  it('stops in its runner without undoing anything', async () => {
    const id = await record();
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const frozen = new Handler(async () => {
      began.resolve();
      await goOn.promise;
    });
    newRunner(frozen).enqueue(id, 'IMAGE_VERIFY', userId);
    await began.promise;
    await expire(id);
    const other = new Handler();
    const runner = newRunner(other);
    runner.enqueue(id, 'IMAGE_VERIFY', userId);
    await runner.ended(id);
    goOn.resolve();
    await runners.at(-2)?.stop();
    expect(frozen.undone).toEqual([]);
    expect(await rowOf(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
  });
});

describe('a runner', () => {
  it('runs each of many tasks once, beside others', async () => {
    const handlers = [new Handler(), new Handler(), new Handler()];
    const three = handlers.map(newRunner);
    const ids = await Promise.all(Array.from({ length: 60 }, record));
    for (const runner of three) for (const id of ids) runner.enqueue(id, 'IMAGE_VERIFY', userId);
    await Promise.all(ids.map(async (id) => three[0]?.ended(id)));
    expect(handlers.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(60);
    const tasks = await opened.database.em.fork().find(Task, { id: ids });
    expect(tasks.every(({ status, attempts }) => status === 'SUCCEEDED' && attempts === 1)).toBe(true);
  });

  it('gives its claims back when it stops, so that another goes on at once', async () => {
    const id = await record();
    const began = Promise.withResolvers<void>();
    const stopping = newRunner(new Handler(async (run) => {
      began.resolve();
      await new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(new Error('aborted'))));
    }));
    stopping.enqueue(id, 'IMAGE_VERIFY', userId);
    await began.promise;
    await stopping.stop();
    const next = newRunner(new Handler());
    next.enqueue(id, 'IMAGE_VERIFY', userId);
    await next.ended(id);
    expect(await rowOf(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
  });

  it('runs a task again, and never undoes it, when all but a last step is done', async () => {
    const id = await record();
    const handler = new Handler(async () => {
      if (handler.attempts < 3) throw new MustRunAgain('the bytes are still there');
    });
    const runner = newRunner(handler);
    runner.enqueue(id, 'IMAGE_VERIFY', userId);
    await runner.ended(id);
    expect(handler.undone).toEqual([]);
    expect(await rowOf(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 3 });
  });

  it('writes an end as soon as the database takes it', async () => {
    const id = await record();
    const handler = new Handler(async () => {
      if (handler.attempts < 3) throw Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' });
    });
    const runner = newRunner(handler);
    runner.enqueue(id, 'IMAGE_VERIFY', userId);
    await runner.ended(id);
    expect(handler.undone).toEqual([]);
    expect(await rowOf(id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('cancels what nobody runs, also where it runs nothing itself', async () => {
    const id = await record();
    const handler = new Handler();
    const runner = newRunner(handler);
    runner.leaveToWorkers();
    await opened.database.em.fork().nativeUpdate(Task, id, { cancelRequested: true });
    await runner.cancel(id, 'IMAGE_VERIFY', userId);
    expect(handler.attempts).toBe(0);
    expect(await rowOf(id)).toMatchObject({ status: 'CANCELLED', startedAt: null });
  });

  it.runIf(DATABASE === 'postgres')('finds what others recorded, lost and cancelled (on SQLite there are no others)', async () => {
    const began = Promise.withResolvers<void>();
    const handler = new Handler(async (run) => {
      if (run.task.id !== running) return;
      began.resolve();
      await new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    const [recorded, lost, running] = [await record(), await record(), await record()];
    await attemptAt(lost);
    await expire(lost);
    const runner = newRunner(handler);
    await runner.start();
    await Promise.all([runner.ended(recorded), runner.ended(lost), began.promise]);
    expect(await rowOf(recorded)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 });
    expect(await rowOf(lost)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
    await opened.database.em.fork().nativeUpdate(Task, running, { cancelRequested: true });
    await runner.ended(running);
    expect(await rowOf(running)).toMatchObject({ status: 'CANCELLED' });
  });
});
