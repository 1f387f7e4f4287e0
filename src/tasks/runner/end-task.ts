import type { SqlEntityManager } from '../../platform/database/database.js';
import type { Announce } from '../changes/transact.js';
import { Task } from '../task.entity.js';
import type { ClaimedTask } from './claims.js';

/** The outcome of a task that did not succeed. */
export interface Failure {
  status: 'FAILED' | 'CANCELLED';
  code: string;
  message: string;
}

/** What a task that succeeded leaves in its row. */
export type Success = Pick<Partial<Task>, 'detail' | 'bytesDone' | 'warnings'>;

/**
 * Ends a task in the transaction that makes its effects final. False when it has ended before or another attempt has begun: the caller
 * must then change nothing.
 */
export async function endTask(tx: SqlEntityManager, { id, attempts, imageName, detail }: ClaimedTask, data: Partial<Task>, announce: Announce): Promise<boolean> {
  // The detail of the claim also ends what it shows of a wait.
  const updated = await tx.nativeUpdate(Task, { id, attempts, finishedAt: null }, { ...data, detail: data.detail ?? detail, finishedAt: new Date() });
  if (updated === 0) return false;
  announce({ type: 'task', taskId: id, imageName });
  return true;
}
