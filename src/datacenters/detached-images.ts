import { isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../platform/database/sql-text.js';
import { writeRows } from '../platform/database/write-rows.js';
import { laterUpdatedAt } from '../platform/updated-at.js';
import type { Announce } from '../tasks/changes/transact.js';

interface Row {
  id: number;
  uuid: string;
  name: string;
  access: string;
  owner_id: number;
}

/** Dates and announces the change of every image that is attached to a datacenter about to be deleted; returns how many there are. */
export async function announceDetached(tx: SqlEntityManager, datacenterId: number, announce: Announce): Promise<number> {
  // Deleting the datacenter updates a column of each image, so lock these rows in the order of their ids: two deletions cannot deadlock.
  const lock = sqlConstant(isSqlite(tx) ? '' : ' for no key update of i');
  const statement = sqlText`select i.id, i.uuid, i.name, i.access, i.owner_id from image i
    join image_attachment a on a.image_id = i.id where a.datacenter_id = ${datacenterId} order by i.id${lock}`;
  const rows = await readObjects<Row>(tx, statement);
  for (const { id, uuid, name, access, owner_id: ownerId } of rows) {
    announce({ type: 'image', kind: 'UPDATED', imageId: id, uuid, name, access, ownerId, datacenterIds: [datacenterId], boundDatacenterId: null });
  }
  await writeRows(tx, sqlText`update image set ${laterUpdatedAt()} where id in (select a.image_id from image_attachment a where a.datacenter_id = ${datacenterId})`);
  return rows.length;
}
