import type { DatacenterRef } from '../../access/viewer.js';
import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';

/** An image that a task works on, and the datacenter it is bound to at this moment: the permission of the task depends on it. */
export interface PendingImage {
  id: number;
  bound: DatacenterRef | null;
}

/**
 * The image that a task has set PENDING, by its id or uuid; null once it is gone or OK again. Within a transaction, its binding is
 * locked until that ends.
 */
export async function pendingImage(em: SqlEntityManager, which: { id: number | null } | { uuid: string }): Promise<PendingImage | null> {
  const condition = 'id' in which ? sqlText`i.id = ${which.id}` : sqlText`i.uuid = ${which.uuid}`;
  const [image] = await readRows<[id: number]>(em, sqlText`select i.id from image i where ${condition} and i.status = 'PENDING'`);
  if (image === undefined) return null;
  const [id] = image;
  const held = sqlConstant(em.isInTransaction() && !isSqlite(em) ? ' for share of a, d' : '');
  const [bound] = await readRows<[id: number, name: string]>(
    em,
    sqlText`select d.id, d.name from image_attachment a join datacenter d on d.id = a.datacenter_id where a.bound_image_id = ${id}${held}`,
  );
  return { id, bound: bound === undefined ? null : { id: bound[0], name: bound[1] } };
}
