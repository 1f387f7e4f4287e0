import type { Viewer } from '../../access/viewer.js';
import type { Column } from '../../platform/database/columns.js';
import { allOf, type Condition, oneOf } from '../../platform/database/list/conditions.js';
import { idLoader } from '../../platform/database/list/key-loader.js';
import { readObjects } from '../../platform/database/read/read-rows.js';
import { joinTexts, sqlConstant, sqlText } from '../../platform/database/sql-text.js';
import type { RowOf } from '../../platform/database/tables.js';
import { visibleServers } from '../../datacenters/server.visibility.js';
import { notFound } from '../../platform/errors.js';
import type { SnapshotStatus } from './snapshot.enums.js';
import type { SnapshotType } from './snapshot.type.js';
import type { VirtualServerType } from '../virtual-server.type.js';
import { Loader } from '../../platform/graphql/loader.js';
import type { Reads } from '../../platform/database/read/reads.js';

const COLUMNS = ['n.id', 'n.server_id', 'n.name', 'n.disk_id', 'n.size_mib', 'n.status', 'n.created_at'] as const satisfies readonly Column[];
type SnapshotRow = RowOf<'snapshot', (typeof COLUMNS)[number]> & { status: SnapshotStatus };

const SELECTED = joinTexts(COLUMNS.map((column) => sqlConstant(column)), ', ');

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

/** Reads snapshots; a viewer sees those of the servers that it sees. */
export class SnapshotQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = idLoader<SnapshotType>(async (ids) => this.#find(oneOf('n.id', ids)));

  /** The snapshots of a server by disk and name, by the id of the server. */
  readonly ofServer = new Loader<number, SnapshotType[]>(async (serverIds) => {
    const snapshots = await this.#find(oneOf('n.server_id', serverIds));
    const byServer = Map.groupBy(snapshots, (snapshot) => snapshot.serverId);
    return serverIds.map((id) => byServer.get(id) ?? []);
  });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** Reads anew. NOT_FOUND when that disk of the server has no snapshot of that name. */
  async require(server: VirtualServerType, name: string, diskId: number): Promise<SnapshotType> {
    const [snapshot] = await this.#find(sqlText`n.server_id = ${server.id} and n.disk_id = ${diskId} and n.name = ${name}`);
    if (snapshot === undefined) throw notFound(`snapshot of disk ${diskId} of ${server.hostname} with the name`, name, 'snapshot');
    return snapshot;
  }

  async #find(condition: Condition): Promise<SnapshotType[]> {
    const where = allOf([condition, visibleServers(this.viewer)]);
    const statement = sqlText`select ${SELECTED}
      from snapshot n join virtual_server s on s.id = n.server_id where ${where} order by n.disk_id, n.name`;
    return (await readObjects<SnapshotRow>(this.em, statement)).map(toSnapshot);
  }
}
