import type { DatacenterRef } from '../../access/viewer.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import { readObjects, readRows } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';

/** What the worker keeps of the creation of an image, in `task.instructions`. */
export interface CreateImageInstructions {
  snapshotId: number;
  /** Of the image; made for it, so whatever the store has under it is this task's. */
  uuid: string;
  /** Set just before publishing: a restart then knows what lies in the store. */
  digest?: { size: number; sha1: string; sha256: string; md5: string };
  bytesRead?: number;
}

/**
 * SNAPSHOT_NOT_READY while an image is being created from one of the snapshots: of a server, or that one. A snapshot that is
 * PENDING for another reason, as the compute side reported it, holds nobody up.
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

/** Where the server of a snapshot is at this moment; null once the snapshot is gone. */
export async function datacenterOfSnapshot(em: SqlEntityManager, snapshotId: number): Promise<DatacenterRef | null> {
  const text = sqlText`select d.id, d.name from snapshot n join virtual_server s on s.id = n.server_id join datacenter d on d.id = s.datacenter_id
    where n.id = ${snapshotId}`;
  const [row] = await readRows<[id: number, name: string]>(em, text);
  return row === undefined ? null : { id: row[0], name: row[1] };
}
