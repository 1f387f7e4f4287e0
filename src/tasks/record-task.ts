import { randomBytes } from 'node:crypto';
import type { SqlEntityManager } from '../platform/database.js';
import { Task } from './task.entity.js';
import type { TaskAction } from './task.states.js';
import type { Announce } from './transact.js';

/** Who, what, where; ids of rows that exist or are made in the same transaction. */
export interface TaskFacts {
  action: TaskAction;
  userId: number;
  datacenterId?: number | null;
  imageId?: number | null;
  imageName?: string | null;
  repositoryId?: number | null;
  /** Shown: changed fields with before and after, URLs. */
  detail: Record<string, unknown>;
}

/** Work for the runner: what it needs, kept from view, and how many bytes are to come when that is known. */
export interface TaskWork {
  instructions: Record<string, unknown>;
  bytesTotal?: number;
}

/** A version 7 UUID: ids sort by time of creation. */
export function newTaskId(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function newTask(tx: SqlEntityManager, facts: TaskFacts, announce: Announce): Task {
  const now = new Date();
  const task = tx.create(Task, {
    id: newTaskId(now.getTime()),
    action: facts.action,
    user: facts.userId,
    datacenter: facts.datacenterId ?? null,
    image: facts.imageId ?? null,
    imageName: facts.imageName ?? null,
    repository: facts.repositoryId ?? null,
    detail: facts.detail,
    instructions: {},
    createdAt: now,
  });
  tx.persist(task);
  announce({ type: 'task', taskId: task.id, imageName: task.imageName ?? null });
  return task;
}

/** The log entry of a change that this very transaction makes; it is there only if the change is. */
export function recordDone(tx: SqlEntityManager, facts: TaskFacts, announce: Announce): Task {
  const task = newTask(tx, facts, announce);
  task.status = 'SUCCEEDED';
  task.phase = 'DONE';
  task.startedAt = task.createdAt;
  task.finishedAt = task.createdAt;
  return task;
}

/** A task for the runner, which takes it up after the commit. */
export function recordWork(tx: SqlEntityManager, facts: TaskFacts, work: TaskWork, announce: Announce): Task {
  const task = newTask(tx, facts, announce);
  task.instructions = work.instructions;
  if (work.bytesTotal !== undefined) {
    task.bytesDone = 0;
    task.bytesTotal = work.bytesTotal;
  }
  return task;
}
