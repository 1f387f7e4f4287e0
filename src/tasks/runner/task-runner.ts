import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { ChangeBus } from '../changes/change-bus.js';
import { Task } from '../task.entity.js';
import type { Failure } from './end-task.js';
import { type Lane, type LaneLimits, TaskLanes } from './task-lanes.js';
import type { TaskPermission } from './task-permission.js';
import type { TaskAction } from '../task.states.js';
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
}
export type TaskHandlers = Partial<Record<TaskAction, TaskHandler>>;

/** The interval and number of polls for the end of a task that another process runs; a task that waits for others is asked at the same interval. */
const LOOK_MS = 250;
const LOOKS = 240;
/** The longest time that a cancel waits for the task to be undone before it answers. */
const CANCEL_WAIT_MS = 500;
/** For a task of another process, which hears of it within a second. */
const CANCEL_LOOKS = 8;

interface Entry {
  taskId: string;
  userId: number;
  handler: TaskHandler;
  controller: AbortController;
  ended: Promise<void>;
}

/** Runs tasks in this process. Each lane has its own queue and bound, and users take turns in it. */
export class TaskRunner {
  readonly #entries = new Map<string, Entry>();
  readonly #lanes: TaskLanes;
  #stopping = false;
  #isElsewhere = false;

  constructor(
    private readonly database: Database,
    private readonly changes: ChangeBus,
    private readonly log: Logger,
    private readonly options: { handlers: TaskHandlers; lanes?: LaneLimits },
  ) {
    this.#lanes = new TaskLanes(options.lanes);
  }

  /** Queues every task that an earlier process left open; returns how many. */
  async start(): Promise<number> {
    return this.#enqueueAll(['PENDING', 'RUNNING']);
  }

  /** Makes this process run no tasks: they stay in the database for the worker process. */
  leaveToOthers(): void {
    this.#stopping = true;
    this.#isElsewhere = true;
  }

  /** Queues tasks that other processes recorded, and aborts those that they cancelled. */
  async takeUp(): Promise<void> {
    await this.#enqueueAll(['PENDING']);
    const here = [...this.#entries.keys()];
    const cancelled = await this.#em().find(Task, { id: here, cancelRequested: true, finishedAt: null }, { fields: ['id'] });
    for (const { id } of cancelled) this.#abort(id, 'cancelled');
  }

  /** Queues a committed task of a user, unless it is queued already. */
  enqueue(taskId: string, action: TaskAction, userId: number): void {
    const handler = this.options.handlers[action];
    if (handler === undefined) throw new Error(`No handler for ${action}.`);
    if (this.#entries.has(taskId) || this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Entry = { taskId, userId, handler, controller: new AbortController(), ended: promise };
    this.#entries.set(taskId, entry);
    void this.#process(entry).finally(() => {
      this.#entries.delete(taskId);
      resolve();
    });
  }

  /** Resolves when the task is no longer queued or running here. */
  async ended(taskId: string): Promise<void> {
    if (this.#isElsewhere) await this.#endedElsewhere(taskId, LOOKS);
    else await this.#entries.get(taskId)?.ended;
  }

  /** Aborts a task whose row says that it is cancelled. One that is queued or quick to undo has ended when this resolves, which is soon. */
  async cancel(taskId: string): Promise<void> {
    this.#abort(taskId, 'cancelled');
    if (this.#isElsewhere) return this.#endedElsewhere(taskId, CANCEL_LOOKS);
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, CANCEL_WAIT_MS)));
    await Promise.race([this.ended(taskId), waited]);
    clearTimeout(timer);
  }

  /** Aborts all tasks; the next start resumes them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const entries = [...this.#entries.values()];
    for (const { taskId } of entries) this.#abort(taskId, 'shutdown');
    await Promise.all(entries.map((entry) => entry.ended));
  }

  async #enqueueAll(status: ('PENDING' | 'RUNNING')[]): Promise<number> {
    const open = await this.#em().find(Task, { status }, { fields: ['id', 'action', 'user'], orderBy: { id: 'asc' } });
    for (const task of open) this.enqueue(task.id, task.action, task.user.id);
    return open.length;
  }

  #abort(taskId: string, reason: StopReason): void {
    this.#entries.get(taskId)?.controller.abort(reason);
  }

  /** Polls the database; by default for a minute, about as long as a caller waits for its answer. */
  async #endedElsewhere(taskId: string, looks: number): Promise<void> {
    for (let look = 0; look < looks; look += 1) {
      if ((await this.#em().count(Task, { id: taskId, finishedAt: null })) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #em(): SqlEntityManager {
    return this.database.em.fork();
  }

  async #process(entry: Entry): Promise<void> {
    const { signal } = entry.controller;
    try {
      while (!(await this.#lanes.run(entry.handler.lane, entry.userId, signal, async () => this.#work(entry)))) {
        // A task that waits for another one asks again a little later, and takes no turn meanwhile.
        await delay(LOOK_MS, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      // It was cancelled while it waited, and is undone at once.
      await this.#work(entry);
    }
  }

  /** False when the task has to wait. Never rejects. */
  async #work(entry: Entry): Promise<boolean> {
    try {
      const run = await this.#begin(entry);
      if (run === 'later') return false;
      if (run !== null) await this.#attempt(entry, run);
    } catch (error) {
      this.log.error({ err: error, taskId: entry.taskId }, 'A task could not be ended; it is taken up at the next start.');
    }
    return true;
  }

  async #begin({ taskId, userId, handler, controller }: Entry): Promise<TaskRun | 'later' | null> {
    const { signal } = controller;
    if (signal.reason === 'shutdown') return null;
    const em = this.#em();
    const task = await em.findOne(Task, { id: taskId, finishedAt: null });
    if (task === null) return null;
    if (task.cancelRequested) controller.abort('cancelled' satisfies StopReason);
    if (!signal.aborted && (await handler.mustWait?.(em, task)) === true) return 'later';
    if (!signal.aborted) {
      task.status = 'RUNNING';
      task.attempts += 1;
      task.startedAt ??= new Date();
      await em.flush();
      this.changes.publish({ type: 'task', taskId, imageName: task.imageName ?? null });
    }
    return new TaskRun(task, signal, {
      em: () => this.#em(),
      changes: this.changes,
      log: this.log,
      permission: (reading, one) => handler.permission(reading, one),
      pause: (wait) => this.#lanes.pause(handler.lane, userId, signal, wait),
    });
  }

  async #attempt(entry: Entry, run: TaskRun): Promise<void> {
    try {
      run.checkpoint();
      await run.authorize();
      await entry.handler.run(run);
    } catch (error) {
      const stopped = entry.controller.signal.reason as StopReason | undefined;
      if (stopped === 'shutdown') return;
      const cause = stopped === 'cancelled' && !(error instanceof AppError) ? new RunStopped('cancelled') : error;
      const failure = failureOf(cause);
      if (failure.code === 'INTERNAL_SERVER_ERROR') this.log.error({ err: error, taskId: entry.taskId }, 'A task failed.');
      else this.log.info({ taskId: entry.taskId, code: failure.code, reason: failure.message }, 'A task did not succeed.');
      await entry.handler.undo(run, failure);
    }
  }
}
