import { findBase } from '../../bases/base-rules.js';
import type { Reads } from '../../../platform/database/read/reads.js';
import { AppError } from '../../../platform/errors.js';
import { readRows } from '../../../platform/database/read/read-rows.js';
import { sqlText } from '../../../platform/database/sql-text.js';

interface Child {
  uuid: string;
  origin?: string | null;
}

/** Throws MISSING_ORIGIN when the base that an import waited for is gone, with the reason if its own import failed. */
export async function requireBase(em: Reads, { uuid, origin }: Child, originTaskId: string | undefined): Promise<void> {
  if (origin === undefined || origin === null || (await findBase(em, origin)) !== null) return;
  const message = `Image ${uuid} builds on ${origin}, which is no longer in the catalogue${originTaskId === undefined ? '.' : await failureOf(em, originTaskId)}`;
  throw new AppError('MISSING_ORIGIN', message, { origin, repository: null });
}

/** The end of the sentence above: why the task that was to bring the base did not. */
async function failureOf(em: Reads, taskId: string): Promise<string> {
  const [task] = await readRows<[status: string, error: string | null]>(em, sqlText`select t.status, t.error from task t where t.id = ${taskId}`);
  if (task === undefined) return '.';
  const [status, error] = task;
  return status === 'CANCELLED' ? ': its import was cancelled.' : status === 'FAILED' && error !== null ? `; its import failed: ${error}` : '.';
}
