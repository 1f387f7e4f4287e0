import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import type { DatabaseOutage } from '../../platform/database/outage/database-outage.js';
import { failedForNow } from '../../platform/database/outage/failed-for-now.js';
import { AppError } from '../../platform/errors.js';
import { Periodic } from '../../platform/scheduling/periodic.js';
import { withinTime } from '../../platform/scheduling/within-time.js';
import type { ChangeBus } from '../changes/change-bus.js';
import type { TaskAction } from '../task.states.js';
import { CLAIM_MS, RENEW_MS, TaskClaims } from './claims.js';
import type { Failure } from './end-task.js';
import { type Lane, type LaneLimits, TaskLanes } from './task-lanes.js';
import type { TaskPermission } from './task-permission.js';
import { failureOf, RunStopped, type RunningTask, type StopReason, TaskRun } from './task-run.js';

/**
 * The work of one kind of task. `run` ends the task itself, in the transaction that makes its effects final; it must be safe to run
 * again after a kill at any moment. `undo` reverts everything and ends the task as failed or cancelled.
 */
export interface TaskHandler {
  lane: Lane;
  /**
   * The permission that the task needs, by the present rows; checked when an attempt begins and in the transactions that publish. Null
   * once its effects are final.
   */
  permission(em: SqlEntityManager, task: RunningTask): Promise<TaskPermission | null>;
  /** Whether the task must wait for another one; asked again from time to time. A task that waits takes up no room in its lane. */
  mustWait?(em: SqlEntityManager, task: RunningTask): Promise<boolean>;
  run(run: TaskRun): Promise<void>;
  undo(run: TaskRun, failure: Failure): Promise<void>;
  /**
   * Cleans up what this attempt alone can have left, after it has lost its claim: another attempt has begun, or the task has ended, by this
   * attempt too if the answer to its last write was lost.
   */
  lose?(run: TaskRun): Promise<void>;
}
export type TaskHandlers = Partial<Record<TaskAction, TaskHandler>>;

/** Thrown by a handler once its effects are final but for something that failed for now: it is run again, never undone. */
export class MustRunAgain extends Error {}

/** The interval at which a worker looks for tasks that nobody holds, and for cancels. */
const LOOK_MS = 1000;
/** A task that nobody holds after so long was missed: whoever records a task queues it at once, and tells the other processes. */
const MISSED_MS = 2000;
/** The interval and number of looks at a task that another process runs, while a caller waits for its end. */
const WAIT_MS = 250;
const WAITS = 240;
/** The longest time that a cancel waits for the task to be undone before it answers. */
const CANCEL_WAIT_MS = 500;
/** Between two attempts at an end that could not be written: doubled up to the longest. */
const SHORTEST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

interface Entry {
  taskId: string;
  userId: number;
  handler: TaskHandler;
  controller: AbortController;
  /** Set while this process holds the claim. */
  run: TaskRun | null;
  ended: Promise<void>;
}

/**
 * Runs tasks. Each lane has its own queue and bound, and users take turns in it. On Postgres many processes do so side by side: a task is
 * queued in each, and run by the one that claims it.
 */
export class TaskRunner {
  readonly #entries = new Map<string, Entry>();
  readonly #lanes: TaskLanes;
  readonly #claims: TaskClaims;
  readonly #looks = new Periodic(async () => this.#look(), () => LOOK_MS);
  readonly #renewals = new Periodic(async () => this.#renew(), () => RENEW_MS);
  #renewedAt = performance.now();
  #isLooking = false;
  #isStopping = false;
  #isWorker = true;

  constructor(
    private readonly database: Database,
    private readonly changes: ChangeBus,
    private readonly log: Logger,
    private readonly options: { handlers: TaskHandlers; lanes?: LaneLimits; outage?: Pick<DatabaseOutage, 'covers'> },
  ) {
    this.#lanes = new TaskLanes(options.lanes);
    this.#claims = new TaskClaims(database);
  }

  /** Queues every open task that nobody holds, and goes on to look for more; returns how many there were. */
  async start(): Promise<number> {
    await this.#claims.releaseAll();
    const open = await this.#claims.free(0);
    for (const { id, action, userId } of open) this.enqueue(id, action, userId);
    // On SQLite no other process records or cancels tasks.
    if (!isSqlite(this.database.em)) {
      this.#looks.start(LOOK_MS);
      this.#renewals.start(RENEW_MS);
      this.changes.tellWorker({
        recorded: (id, action, userId) => this.enqueue(id, action, userId),
        cancelled: (id) => this.#entries.get(id)?.controller.abort('cancelled' satisfies StopReason),
      });
    }
    return open.length;
  }

  /** Makes this process run no tasks but those that it cancels: workers run them. */
  leaveToWorkers(): void {
    this.#isWorker = false;
  }

  /** Queues a committed task of a user, unless it is queued already. */
  enqueue(taskId: string, action: TaskAction, userId: number): void {
    if (this.#isWorker && !this.#isStopping) this.#add(taskId, action, userId);
  }

  /** Resolves when the task has ended, wherever it runs; after a minute, which is about as long as a caller waits, in any case. */
  async ended(taskId: string): Promise<void> {
    await this.#entries.get(taskId)?.ended;
    if (!this.#isStopping) await this.#endedElsewhere(taskId, WAITS);
  }

  /**
   * Cancels a task whose row says that it is cancelled. One that nobody runs is undone here, also without any worker; a worker that runs
   * it hears of it at once, and looks once a second besides. It has ended when this resolves if it is quick to undo; this resolves soon in any case.
   */
  async cancel(taskId: string, action: TaskAction, userId: number): Promise<void> {
    const entry = this.#entries.get(taskId) ?? this.#add(taskId, action, userId);
    entry.controller.abort('cancelled' satisfies StopReason);
    await withinTime(CANCEL_WAIT_MS, this.ended(taskId), () => undefined);
  }

  /** Aborts all tasks and gives their claims back: other workers, or the next start, take them up. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#looks.stop();
    const entries = [...this.#entries.values()];
    for (const { controller } of entries) controller.abort('shutdown' satisfies StopReason);
    await Promise.all(entries.map((entry) => entry.ended));
    await this.#renewals.stop();
  }

  #add(taskId: string, action: TaskAction, userId: number): Entry {
    const known = this.#entries.get(taskId);
    if (known !== undefined) return known;
    const handler = this.options.handlers[action];
    if (handler === undefined) throw new Error(`No handler for ${action}.`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Entry = { taskId, userId, handler, controller: new AbortController(), run: null, ended: promise };
    this.#entries.set(taskId, entry);
    void this.#process(entry).finally(() => {
      this.#entries.delete(taskId);
      resolve();
    });
    return entry;
  }

  /** Queues tasks that other processes recorded or lost, and aborts those that somebody cancelled. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#isStopping) return;
    this.#isLooking = true;
    try {
      for (const { id, action, userId } of await this.#claims.free(MISSED_MS)) this.enqueue(id, action, userId);
      for (const id of await this.#claims.cancelled([...this.#entries.keys()])) this.#entries.get(id)?.controller.abort('cancelled' satisfies StopReason);
    } catch (error) {
      this.#warn(error, {}, 'Tasks cannot be looked for; the next look follows in a second.');
    } finally {
      this.#isLooking = false;
    }
  }

  async #renew(): Promise<void> {
    const held = [...this.#entries.values()].flatMap(({ run }) => (run === null ? [] : [run.task]));
    try {
      for (const id of await this.#claims.renew(held)) this.#lose(id);
      this.#renewedAt = performance.now();
    } catch (error) {
      this.#warn(error, {}, 'The claims on running tasks cannot be renewed.');
      // They have run out, as far as this process can tell.
      if (performance.now() - this.#renewedAt > CLAIM_MS) for (const { id } of held) this.#lose(id);
    }
  }

  #lose(taskId: string): void {
    this.#entries.get(taskId)?.controller.abort('lost' satisfies StopReason);
  }

  async #endedElsewhere(taskId: string, waits: number): Promise<void> {
    for (let wait = 0; wait < waits; wait += 1) {
      if (this.#isStopping || !(await this.#claims.isOpen(taskId))) return;
      await delay(WAIT_MS, undefined, { ref: false });
    }
  }

  async #process(entry: Entry): Promise<void> {
    const { signal } = entry.controller;
    try {
      while (!(await this.#lanes.run(entry.handler.lane, entry.userId, signal, async () => this.#work(entry)))) {
        // A task that waits for another one asks again a little later, and takes no turn meanwhile.
        await delay(WAIT_MS, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      // It was cancelled while it waited, and is undone at once.
      await this.#work(entry);
    }
  }

  /** Never rejects. Begins an attempt, and another one for as long as the database was away meanwhile. False when the task has to wait. */
  async #work(entry: Entry): Promise<boolean> {
    for (let retryMs = SHORTEST_RETRY_MS; ; retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)) {
      try {
        const run = await this.#begin(entry);
        if (run === 'later') return false;
        if (run !== null) await this.#attempt(entry, run);
        return true;
      } catch (error) {
        if (failedForNow(error)) this.#warn(error, { taskId: entry.taskId, retryMs }, 'The database is away; the task is tried again.');
        else this.log.error({ err: error, taskId: entry.taskId, retryMs }, 'A task could not be ended; it is tried again.');
      } finally {
        entry.run = null;
      }
      await delay(retryMs, undefined, { ref: false });
      if (this.#isStopping) return true;
    }
  }

  async #begin(entry: Entry): Promise<TaskRun | 'later' | null> {
    const { taskId, userId, handler, controller } = entry;
    const { signal } = controller;
    if (signal.reason === 'shutdown') return null;
    // A claim that was lost may be had again, and then begins anew.
    if (signal.reason === 'lost') entry.controller = new AbortController();
    if (!entry.controller.signal.aborted && (await this.#mustWait(entry))) return 'later';
    const task = await this.#claims.claim(taskId);
    if (task === null) return null;
    const present = entry.controller.signal;
    if (task.cancelRequested) entry.controller.abort('cancelled' satisfies StopReason);
    else this.changes.publish({ type: 'task', taskId, imageName: task.imageName });
    entry.run = new TaskRun(task, present, {
      em: () => this.database.em.fork(),
      changes: this.changes,
      log: this.log,
      permission: (reading, one) => handler.permission(reading, one),
      pause: (wait) => this.#lanes.pause(handler.lane, userId, present, wait),
    });
    return entry.run;
  }

  async #mustWait({ taskId, handler }: Entry): Promise<boolean> {
    if (handler.mustWait === undefined) return false;
    const task = await this.#claims.read(taskId);
    return task !== null && !task.cancelRequested && handler.mustWait(this.database.em.fork(), task);
  }

  /** An outage of the database is told once. */
  #warn(error: unknown, details: object, message: string): void {
    if (this.options.outage?.covers(error) === true) this.log.debug({ err: error, ...details }, message);
    else this.log.warn({ err: error, ...details }, message);
  }

  async #attempt(entry: Entry, run: TaskRun): Promise<void> {
    try {
      run.checkpoint();
      await run.authorize();
      await entry.handler.run(run);
    } catch (error) {
      const stopped = run.signal.reason as StopReason | undefined;
      if (stopped === 'shutdown') return this.#claims.release(run.task);
      if (stopped === 'lost' || (error instanceof RunStopped && error.reason === 'lost')) return this.#leave(entry, run);
      if (failedForNow(error) || error instanceof MustRunAgain) throw error;
      const cause = stopped === 'cancelled' && !(error instanceof AppError) ? new RunStopped('cancelled') : error;
      await this.#undo(entry, run, cause, error);
    }
  }

  async #undo(entry: Entry, run: TaskRun, cause: unknown, error: unknown): Promise<void> {
    const { taskId, handler } = entry;
    const failure = failureOf(cause);
    if (failure.code === 'INTERNAL_SERVER_ERROR') this.log.error({ err: error, taskId }, 'A task failed.');
    else this.log.info({ taskId, code: failure.code, reason: failure.message }, 'A task did not succeed.');
    try {
      await handler.undo(run, failure);
    } catch (undoError) {
      if (!(undoError instanceof RunStopped)) throw undoError;
      await this.#leave(entry, run);
    }
  }

  async #leave({ taskId, handler }: Entry, run: TaskRun): Promise<void> {
    this.log.warn({ taskId, attempt: run.task.attempts }, 'The claim on a task was lost; its attempt here has stopped.');
    await handler.lose?.(run).catch((error: unknown) => this.log.warn({ err: error, taskId }, 'What a lost attempt left could not be removed; a later sweep does it.'));
  }
}
