import type { Viewer } from '../access/viewer.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import type { ImageType } from '../images/image.type.js';
import { usingImage } from '../images/rules/image-use.js';
import type { OsType } from '../imgapi/os-type.js';
import { allOf, type Condition, oneOf } from '../platform/database/list/conditions.js';
import { badInput, notFound } from '../platform/errors.js';
import { keyLoader } from '../platform/database/list/key-loader.js';
import type { KeysetOrder } from '../platform/database/list/keyset.js';
import { type Connection, type PageArgs, readPage } from '../platform/database/list/page.js';
import { type IndexWalk, type ListStatement, readList, wholeRows } from '../platform/database/list/read-page.js';
import { amongIds, readObjects, readRows } from '../platform/database/read/read-rows.js';
import { isUuid } from '../platform/graphql/scalars.js';
import type { ConnectionSelection } from '../platform/graphql/selection.js';
import { sqlText } from '../platform/database/sql-text.js';
import { asBoolean, type Flag } from '../platform/database/tables.js';
import { visibleServers } from '../datacenters/server.visibility.js';
import type { VirtualDiskType } from './disks/virtual-disk.type.js';
import type { ServerStatus } from './virtual-server.enums.js';
import type { VirtualServerType } from './virtual-server.type.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

interface ServerRow {
  id: number;
  uuid: string;
  hostname: string;
  datacenter_id: number;
  owner_id: number;
  os_type: OsType;
  status: ServerStatus;
  tags: string;
  is_image_server: Flag;
}

interface DiskRow {
  server_id: number;
  disk_id: number;
  size_mib: number;
  image_id: number | null;
}

const COLUMNS = sqlText`s.id, s.uuid, s.hostname, s.datacenter_id, s.owner_id, s.os_type, s.status, s.tags,
  (case when exists (select 1 from global_settings g where g.image_server_id = s.id) then 1 else 0 end) as is_image_server`;

const SERVERS = sqlText`virtual_server s`;
const BY_HOSTNAME: KeysetOrder = { column: 's.hostname', id: 's.id', direction: 'ASC' };

function toServer(row: ServerRow): VirtualServerType {
  return {
    id: row.id,
    ownerId: row.owner_id,
    datacenterId: row.datacenter_id,
    uuid: row.uuid,
    hostname: row.hostname,
    osType: row.os_type,
    status: row.status,
    ownTags: JSON.parse(row.tags) as string[],
    isImageServer: asBoolean(row.is_image_server),
  };
}

/** Reads servers as far as they exist for the viewer. */
export class ServerQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new Loader<number, VirtualServerType | null>(async (ids) => {
    const found = new Map((await this.#find(oneOf('s.id', ids))).map((server) => [server.id, server]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By what other subgraphs know it by, one statement per batch; null for one that the viewer cannot see. */
  readonly byKey = keyLoader({ uuid: 's.uuid', hostname: 's.hostname' }, async (where) => this.#find(where));

  /** Disks per server id, in their order. */
  readonly disks = new Loader<number, VirtualDiskType[]>(async (serverIds) => {
    const statement = sqlText`select v.server_id, v.disk_id, v.size_mib, v.image_id from virtual_disk v where ${oneOf('v.server_id', serverIds)} order by v.disk_id`;
    const rows = await readObjects<DiskRow>(this.em, statement);
    const disks = rows.map((row) => ({ serverId: row.server_id, imageId: row.image_id, diskId: row.disk_id, size: row.size_mib }));
    const byServer = Map.groupBy(disks, (disk) => disk.serverId);
    return serverIds.map((id) => byServer.get(id) ?? []);
  });

  /** Tags that a server inherits from the images on its disks, per server id. */
  readonly inheritedTags = new Loader<number, string[]>(async (serverIds) => {
    const statement = sqlText`select v.server_id, t.tag from virtual_disk v
      join image_tag t on t.image_id = v.image_id where ${oneOf('v.server_id', serverIds)} order by v.disk_id, t.position`;
    const rows = await readRows<[serverId: number, tag: string]>(this.em, statement);
    const byServer = Map.groupBy(rows, ([serverId]) => serverId);
    return serverIds.map((id) => (byServer.get(id) ?? []).map(([, tag]) => tag));
  });

  /** How many servers anywhere have a disk made from an image, per image id. */
  readonly countOfImage = new Loader<number, number>(async (imageIds) => {
    const text = sqlText`select v.image_id, count(distinct v.server_id) as total
      from virtual_disk v where ${amongIds(this.em, 'v.image_id', imageIds)} group by v.image_id`;
    const totals = new Map(await readRows<[imageId: number, total: number | string]>(this.em, text, { heavy: true }));
    return imageIds.map((id) => Number(totals.get(id) ?? 0));
  });

  /** By uuid, one statement per batch; null for one that the viewer cannot see. */
  readonly byUuid = new Loader<string, VirtualServerType | null>(async (uuids) => {
    const found = new Map((await this.#find(oneOf('s.uuid', uuids))).map((server) => [server.uuid, server]));
    return uuids.map((uuid) => found.get(uuid) ?? null);
  });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** The server of that host name or that uuid; null when the viewer cannot see it. Exactly one of both must be given. */
  async one(hostname: string | null | undefined, uuid: string | null | undefined): Promise<VirtualServerType | null> {
    const [hasName, hasUuid] = [typeof hostname === 'string', typeof uuid === 'string'];
    if (hasName === hasUuid) {
      const message = hasName ? 'Give hostname or uuid, not both.' : 'Give the hostname or the uuid of the server.';
      throw badInput([{ path: hasName ? 'uuid' : 'hostname', message }]);
    }
    return (await this.#find(typeof hostname === 'string' ? sqlText`s.hostname = ${hostname}` : sqlText`s.uuid = ${uuid ?? null}`))[0] ?? null;
  }

  /** By host name or uuid, as it is now. NOT_FOUND when the viewer cannot see it. */
  async named(name: string): Promise<VirtualServerType> {
    const lower = name.toLowerCase();
    // A host name may look like a uuid.
    const server = (isUuid(lower) ? await this.one(null, lower) : null) ?? (await this.one(name, null));
    if (server === null) throw notFound('server', name);
    return server;
  }

  /** By uuid, as it is now. NOT_FOUND when the viewer cannot see it. */
  async require(uuid: string): Promise<VirtualServerType> {
    const server = await this.one(null, uuid);
    if (server === null) throw notFound('server', uuid);
    return server;
  }

  /** The image server, whoever asks: what it is, is no secret to those who may ask for it at all. */
  async imageServer(serverId: number): Promise<VirtualServerType> {
    const statement = sqlText`select ${COLUMNS} from virtual_server s where s.id = ${serverId}`;
    const [row] = await readObjects<ServerRow>(this.em, statement);
    if (row === undefined) throw new Error(`Server ${serverId} is the image server and does not exist.`);
    return toServer(row);
  }

  /** All servers of a datacenter for its DCAdmins, else the viewer's own. */
  async ofDatacenter(datacenter: DatacenterType, page: PageArgs, selection: ConnectionSelection): Promise<Connection<VirtualServerType>> {
    const where = sqlText`s.datacenter_id = ${datacenter.id}`;
    return this.#page(where, page, selection, wholeRows({ table: SERVERS, alias: sqlText`s`, where, order: BY_HOSTNAME }));
  }

  /** The servers with a disk made from an image that the viewer sees. */
  async ofImage(image: ImageType, page: PageArgs, selection: ConnectionSelection): Promise<Connection<VirtualServerType>> {
    return this.#page(usingImage(this.em, image.id), page, selection);
  }

  async #page(where: Condition, page: PageArgs, selection: ConnectionSelection, walk?: IndexWalk): Promise<Connection<VirtualServerType>> {
    const list: ListStatement = { columns: COLUMNS, from: SERVERS, where: allOf([where, visibleServers(this.viewer)]), order: BY_HOSTNAME, walk };
    return readList<ServerRow, VirtualServerType>(this.em, list, readPage(page, 'string', 'number'), selection, {
      keyOf: (row) => [row.hostname, row.id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toServer(row)])),
    });
  }

  async #find(condition: Condition): Promise<VirtualServerType[]> {
    const where = allOf([condition, visibleServers(this.viewer)]);
    const statement = sqlText`select ${COLUMNS} from virtual_server s where ${where}`;
    return (await readObjects<ServerRow>(this.em, statement)).map(toServer);
  }
}
