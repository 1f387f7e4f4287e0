import type { Logger } from 'pino';
import type { Database, SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { ChangeBus } from '../changes/change-bus.js';
import { Task } from '../task.entity.js';
import type { Failure } from './end-task.js';
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

/** Concurrent tasks per lane: disk and downloads never hold up refreshes of repositories. */
const LANES = { files: 4, repositories: 16 };
export type Lane = keyof typeof LANES;

/** The interval and number of polls for the end of a task that another process runs; a task that waits is asked at the same interval. */
const LOOK_MS = 250;
const LOOKS = 240;

interface Entry {
  taskId: string;
  lane: Lane;
  handler: TaskHandler;
  controller: AbortController;
  ended: Promise<void>;
  resolve: () => void;
}

/** Runs tasks in this process, oldest first, with bounded concurrency per lane. */
export class TaskRunner {
  readonly #entries = new Map<string, Entry>();
  readonly #queues: Record<Lane, Entry[]> = { files: [], repositories: [] };
  readonly #running: Record<Lane, number> = { files: 0, repositories: 0 };
  #stopping = false;
  #isElsewhere = false;

  constructor(
    private readonly database: Database,
    private readonly changes: ChangeBus,
    private readonly log: Logger,
    private readonly handlers: TaskHandlers,
  ) {}

  /** Queues every task that an earlier process left open; returns how many. */
  async start(): Promise<number> {
    const open = await this.#em().find(
      Task,
      { status: ['PENDING', 'RUNNING'] },
      { fields: ['id', 'action'], orderBy: { id: 'asc' } },
    );
    for (const task of open) this.enqueue(task.id, task.action);
    return open.length;
  }

  /** Makes this process run no tasks: they stay in the database for the worker process. */
  leaveToOthers(): void {
    this.#stopping = true;
    this.#isElsewhere = true;
  }

  /** Queues tasks that other processes recorded, and aborts those that they cancelled. */
  async takeUp(): Promise<void> {
    const em = this.#em();
    const open = await em.find(Task, { status: 'PENDING' }, { fields: ['id', 'action'], orderBy: { id: 'asc' } });
    for (const task of open) this.enqueue(task.id, task.action);
    const cancelled = await em.find(Task, { id: [...this.#entries.keys()], cancelRequested: true, finishedAt: null }, { fields: ['id'] });
    for (const { id } of cancelled) this.#entries.get(id)?.controller.abort('cancelled' satisfies StopReason);
  }

  /** Queues a committed task, unless it is queued already. */
  enqueue(taskId: string, action: TaskAction): void {
    const handler = this.handlers[action];
    if (handler === undefined) throw new Error(`No handler for ${action}.`);
    if (this.#entries.has(taskId) || this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { taskId, lane: handler.lane, handler, controller: new AbortController(), ended: promise, resolve };
    this.#entries.set(taskId, entry);
    this.#queues[entry.lane].push(entry);
    this.#next(entry.lane);
  }

  /** Resolves when the task is no longer queued or running here. */
  async ended(taskId: string): Promise<void> {
    if (this.#isElsewhere) await this.#endedElsewhere(taskId);
    else await this.#entries.get(taskId)?.ended;
  }

  /** Aborts a task whose row says that it is cancelled; resolves when it has been undone. */
  async cancel(taskId: string): Promise<void> {
    this.#entries.get(taskId)?.controller.abort('cancelled' satisfies StopReason);
    await this.ended(taskId);
  }

  /** Aborts all tasks; the next start resumes them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const entries = [...this.#entries.values()];
    for (const entry of entries) entry.controller.abort('shutdown' satisfies StopReason);
    await Promise.all(entries.map((entry) => entry.ended));
  }

  /** Polls the database for at most a minute, about as long as a caller waits for its answer. */
  async #endedElsewhere(taskId: string): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      if ((await this.#em().count(Task, { id: taskId, finishedAt: null })) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #em(): SqlEntityManager {
    return this.database.em.fork();
  }

  #next(lane: Lane): void {
    while (this.#running[lane] < LANES[lane]) {
      const entry = this.#queues[lane].shift();
      if (entry === undefined) return;
      this.#running[lane] += 1;
      void this.#work(entry).then((isOver) => {
        this.#running[lane] -= 1;
        if (isOver) {
          this.#entries.delete(entry.taskId);
          entry.resolve();
        } else this.#defer(entry);
        this.#next(lane);
      });
    }
  }

  /** Queues a task once more a little later, or at once when it is cancelled or the process stops. */
  #defer(entry: Entry): void {
    const { lane, controller: { signal } } = entry;
    const again = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', again);
      this.#queues[lane].push(entry);
      this.#next(lane);
    };
    const timer = setTimeout(again, LOOK_MS);
    signal.addEventListener('abort', again);
  }

  /** False when the task has to wait. */
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

  async #begin(entry: Entry): Promise<TaskRun | 'later' | null> {
    if (entry.controller.signal.reason === 'shutdown') return null;
    const em = this.#em();
    const task = await em.findOne(Task, { id: entry.taskId, finishedAt: null });
    if (task === null) return null;
    if (task.cancelRequested) entry.controller.abort('cancelled' satisfies StopReason);
    if (!entry.controller.signal.aborted && (await entry.handler.mustWait?.(em, task)) === true) return 'later';
    task.status = 'RUNNING';
    task.attempts += 1;
    task.startedAt ??= new Date();
    await em.flush();
    this.changes.publish({ type: 'task', taskId: task.id, imageName: task.imageName ?? null });
    return new TaskRun(task, entry.controller.signal, { em: () => this.#em(), changes: this.changes, permission: (reading, one) => entry.handler.permission(reading, one) });
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
