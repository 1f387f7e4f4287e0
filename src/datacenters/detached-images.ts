import { isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../platform/database/sql-text.js';
import type { Announce } from '../tasks/changes/transact.js';

interface Row {
  id: number;
  uuid: string;
  name: string;
  access: string;
  owner_id: number;
}

/** Tells those who see the images of a datacenter that goes away that they change with it; how many they are. */
export async function announceDetached(tx: SqlEntityManager, datacenterId: number, announce: Announce): Promise<number> {
  // In one order, as each row will be written to: where it is attached is a part of it.
  const held = sqlConstant(isSqlite(tx) ? '' : ' for no key update of i');
  const statement = sqlText`select i.id, i.uuid, i.name, i.access, i.owner_id from image i
    join image_attachment a on a.image_id = i.id where a.datacenter_id = ${datacenterId} order by i.id${held}`;
  const rows = await readObjects<Row>(tx, statement);
  for (const { id, uuid, name, access, owner_id: ownerId } of rows) {
    announce({ type: 'image', kind: 'UPDATED', imageId: id, uuid, name, access, ownerId, datacenterIds: [datacenterId], boundDatacenterId: null });
  }
  return rows.length;
}
