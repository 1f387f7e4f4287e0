import type { DatacenterRef } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { readObjects, readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** What the creation of an image stores in `task.instructions`; a type, as an interface is no Record. */
export type CreateImageInstructions = {
  snapshotId: number;
  /** Of the image. */
  uuid: string;
  /** In tasks of versions that knew only pairs: this task has published the pair of its image. */
  digest?: { size: number };
};

/**
 * SNAPSHOT_NOT_READY while an image is being created from this snapshot, or from one of this server. A snapshot that is
 * PENDING for another reason, which the compute side reported, blocks nothing.
 */
export async function requireNoImageCreation(tx: SqlEntityManager, of: { serverId: number } | { snapshotId: number }): Promise<void> {
  const which = 'serverId' in of ? sqlText`n.server_id = ${of.serverId}` : sqlText`n.id = ${of.snapshotId}`;
  const statement = sqlText`select n.name, i.name as image from snapshot n
    join image i on i.source_snapshot_id = n.id join task t on t.image_id = i.id
    where ${which} and t.action = 'IMAGE_CREATE' and t.finished_at is null order by n.name limit 1`;
  const [busy] = await readObjects<{ name: string; image: string }>(tx, statement);
  if (busy === undefined) return;
  throw new AppError(
    'SNAPSHOT_NOT_READY',
    `Snapshot ${busy.name} is PENDING: image ${busy.image} is being created from it. Wait for that task to end, or cancel it.`,
  );
}

/** The datacenter in which the server of a snapshot is now; null once the snapshot is gone. */
export async function datacenterOfSnapshot(em: SqlEntityManager, snapshotId: number): Promise<DatacenterRef | null> {
  const text = sqlText`select d.id, d.name from snapshot n join virtual_server s on s.id = n.server_id join datacenter d on d.id = s.datacenter_id
    where n.id = ${snapshotId}`;
  const [row] = await readRows<[id: number, name: string]>(em, text);
  return row === undefined ? null : { id: row[0], name: row[1] };
}
