import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { Task } from '../task.entity.js';
import type { Announce } from '../changes/transact.js';

/** The outcome of a task that did not succeed. */
export interface Failure {
  status: 'FAILED' | 'CANCELLED';
  code: string;
  message: string;
}

/**
 * Ends a task in the transaction that makes its effects final. False when it had ended before: the caller must then change nothing.
 */
async function end(tx: SqlEntityManager, taskId: string, data: Partial<Task>, announce: Announce): Promise<boolean> {
  const updated = await tx.nativeUpdate(Task, { id: taskId, finishedAt: null }, { ...data, finishedAt: new Date() });
  if (updated === 0) return false;
  const [row] = await readRows<[imageName: string | null]>(tx, sqlText`select image_name from task where id = ${taskId}`);
  announce({ type: 'task', taskId, imageName: row?.[0] ?? null });
  return true;
}

/** Only for `TaskRun.succeed`, which checks the permission of the task first. */
export async function succeedTask(
  tx: SqlEntityManager,
  taskId: string,
  announce: Announce,
  outcome: { detail?: Record<string, unknown>; bytesDone?: number; warnings?: string[] } = {},
): Promise<boolean> {
  return end(tx, taskId, { status: 'SUCCEEDED', phase: 'DONE', ...outcome }, announce);
}

export async function failTask(tx: SqlEntityManager, taskId: string, failure: Failure, announce: Announce): Promise<boolean> {
  return end(tx, taskId, { status: failure.status, errorCode: failure.code, error: failure.message }, announce);
}
