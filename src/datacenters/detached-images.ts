import { isSqlite, type SqlEntityManager } from '../platform/database/database.js';
import { readObjects, readRows } from '../platform/database/read/read-rows.js';
import { sqlConstant, sqlText } from '../platform/database/sql-text.js';
import { writeRows } from '../platform/database/write-rows.js';
import { laterUpdatedAt } from '../platform/updated-at.js';
import type { Announce } from '../tasks/changes/transact.js';

interface Row {
  id: number;
  uuid: string;
  name: string;
  access: string;
  status: string;
  owner_id: number;
}

/** Dates and announces the change of every image that is attached to a datacenter about to be deleted; returns how many there are. */
export async function announceDetached(tx: SqlEntityManager, datacenterId: number, announce: Announce): Promise<number> {
  // Deleting the datacenter updates a column of each image, so lock these rows in the order of their ids: two deletions cannot deadlock.
  const lock = sqlConstant(isSqlite(tx) ? '' : ' for no key update of i');
  const statement = sqlText`select i.id, i.uuid, i.name, i.access, i.status, i.owner_id from image i
    join image_attachment a on a.image_id = i.id where a.datacenter_id = ${datacenterId} order by i.id${lock}`;
  const rows = await readObjects<Row>(tx, statement);
  const everywhere = await readRows<[imageId: number, datacenterId: number, boundImageId: number | null]>(
    tx,
    sqlText`select a.image_id, o.datacenter_id, o.bound_image_id from image_attachment a join image_attachment o on o.image_id = a.image_id
      where a.datacenter_id = ${datacenterId}`,
  );
  const byImage = Map.groupBy(everywhere, ([imageId]) => imageId);
  for (const { id, uuid, name, access, status, owner_id: ownerId } of rows) {
    const attachments = byImage.get(id) ?? [];
    const datacenterIds = attachments.map(([, one]) => one);
    const boundDatacenterId = attachments.find(([, , bound]) => bound !== null)?.[1] ?? null;
    const before = { access, status, ownerId, datacenterIds, boundDatacenterId };
    announce({ type: 'image', kind: 'UPDATED', imageId: id, uuid, name, before, datacenterIds: datacenterIds.filter((one) => one !== datacenterId) });
  }
  await writeRows(tx, sqlText`update image set ${laterUpdatedAt()} where id in (select a.image_id from image_attachment a where a.datacenter_id = ${datacenterId})`);
  return rows.length;
}
