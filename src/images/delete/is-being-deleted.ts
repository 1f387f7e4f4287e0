import type { SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** Whether a deletion of an image with this uuid has not ended yet: its row may be gone, and its file still there. */
export async function isBeingDeleted(em: SqlEntityManager, uuid: string): Promise<boolean> {
  const text = sqlText`select t.instructions from task t where t.status in ('PENDING', 'RUNNING') and t.action = 'IMAGE_DELETE'
    and t.instructions like ${`%"uuid":"${uuid}"%`}`;
  return (await readRows(em, text)).length > 0;
}
