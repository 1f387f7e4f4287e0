import type { Viewer } from '../../access/viewer.js';
import { allOf, type Condition, oneOf } from '../../platform/database/list/conditions.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { visibleServers } from '../../datacenters/server.visibility.js';
import { notFound } from '../../platform/errors.js';
import type { SnapshotStatus } from './snapshot.enums.js';
import type { SnapshotType } from './snapshot.type.js';
import type { VirtualServerType } from '../virtual-server.type.js';
import { Loader } from '../../platform/graphql/loader.js';
import type { Reads } from '../../platform/database/read/reads.js';

interface SnapshotRow {
  id: number;
  server_id: number;
  name: string;
  disk_id: number;
  size_mib: number;
  status: SnapshotStatus;
  created_at: number | string;
}

function toSnapshot(row: SnapshotRow): SnapshotType {
  return {
    id: row.id,
    serverId: row.server_id,
    name: row.name,
    diskId: row.disk_id,
    size: row.size_mib,
    status: row.status,
    createdAt: new Date(Number(row.created_at)),
  };
}

/** Reads snapshots; one exists for the viewer if its server does. */
export class SnapshotQueries {
  readonly byId = new Loader<number, SnapshotType | null>(async (ids) => {
    const found = new Map((await this.#find(oneOf('n.id', ids))).map((snapshot) => [snapshot.id, snapshot]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** Per server id, by disk and name. */
  readonly ofServer = new Loader<number, SnapshotType[]>(async (serverIds) => {
    const snapshots = await this.#find(oneOf('n.server_id', serverIds));
    const byServer = Map.groupBy(snapshots, (snapshot) => snapshot.serverId);
    return serverIds.map((id) => byServer.get(id) ?? []);
  });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** Of a server that the viewer sees, as it is now. NOT_FOUND when that disk has no snapshot of that name. */
  async require(server: VirtualServerType, name: string, diskId: number): Promise<SnapshotType> {
    const [snapshot] = await this.#find(sqlText`n.server_id = ${server.id} and n.disk_id = ${diskId} and n.name = ${name}`);
    if (snapshot === undefined) throw notFound(`snapshot of disk ${diskId} of ${server.hostname} with the name`, name);
    return snapshot;
  }

  async #find(condition: Condition): Promise<SnapshotType[]> {
    const where = allOf([condition, visibleServers(this.viewer)]);
    const statement = sqlText`select n.id, n.server_id, n.name, n.disk_id, n.size_mib, n.status, n.created_at
      from snapshot n join virtual_server s on s.id = n.server_id where ${where} order by n.disk_id, n.name`;
    return (await readObjects<SnapshotRow>(this.em, statement)).map(toSnapshot);
  }
}
