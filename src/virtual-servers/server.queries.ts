import type { Viewer } from '../access/viewer.js';
import type { DatacenterType } from '../datacenters/datacenter.type.js';
import type { ImageQueries } from '../images/image.queries.js';
import type { ImageType } from '../images/image.type.js';
import { usingImage } from '../images/rules/image-use.js';
import type { OsType } from '../imgapi/os-type.js';
import type { Column } from '../platform/database/columns.js';
import { allOf, type Condition, oneOf } from '../platform/database/list/conditions.js';
import { badInput, notFound } from '../platform/errors.js';
import { idLoader, keyLoader } from '../platform/database/list/key-loader.js';
import { type Connection, type PageArgs, readPage } from '../platform/database/list/page.js';
import { filteredList } from '../platform/database/list/filtered-list.js';
import { type ListStatement, readList } from '../platform/database/list/read-page.js';
import { amongIds, readObjects, readRows } from '../platform/database/read/read-rows.js';
import { isUuid } from '../platform/graphql/scalars.js';
import type { ConnectionSelection, ObjectSelection } from '../platform/graphql/selection.js';
import { joinTexts, sqlConstant, sqlText } from '../platform/database/sql-text.js';
import { asBoolean, type Flag, type RowOf, type Tables } from '../platform/database/tables.js';
import { visibleServers } from '../datacenters/server.visibility.js';
import type { ServerFilter } from './list/server-filter.inputs.js';
import { BY_HOSTNAME, SERVERS, serversOfDatacenter } from './list/server-list.js';
import type { VirtualDiskType } from './disks/virtual-disk.type.js';
import type { ServerStatus } from './virtual-server.enums.js';
import type { VirtualServerType } from './virtual-server.type.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

const COLUMNS = ['s.id', 's.uuid', 's.hostname', 's.datacenter_id', 's.owner_id', 's.os_type', 's.status', 's.tags'] as const satisfies readonly Column[];
type ServerRow = RowOf<'virtual_server', (typeof COLUMNS)[number]> & {
  os_type: OsType;
  status: ServerStatus;
  is_image_server: Flag;
};

const SELECTED = sqlText`${joinTexts(COLUMNS.map((column) => sqlConstant(column)), ', ')},
  (case when exists (select 1 from global_settings g where g.image_server_id = s.id) then 1 else 0 end) as is_image_server`;

/** What a caller asks of the servers of a datacenter. */
export interface ServerListRequest {
  page: PageArgs;
  filter?: ServerFilter | null;
  selection: ConnectionSelection;
}

const ID_ALONE: ObjectSelection = { fields: new Set() };

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

/** Reads the servers that the viewer sees. */
export class ServerQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = idLoader<VirtualServerType>(async (ids) => this.#find(oneOf('s.id', ids)));

  /** By the keys of other subgraphs, one statement per batch; null for one that the viewer cannot see. */
  readonly byKey = keyLoader({ id: 's.id', uuid: 's.uuid', hostname: 's.hostname' }, async (where) => this.#find(where));

  /** The disks of a server in their order, by the id of the server. */
  readonly disks = new Loader<number, VirtualDiskType[]>(async (serverIds) => {
    const statement = sqlText`select v.server_id, v.disk_id, v.size_mib, v.image_id from virtual_disk v where ${oneOf('v.server_id', serverIds)} order by v.disk_id`;
    const rows = await readObjects<Tables['virtual_disk']>(this.em, statement);
    const disks = rows.map((row) => ({ serverId: row.server_id, imageId: row.image_id, diskId: row.disk_id, size: row.size_mib }));
    const byServer = Map.groupBy(disks, (disk) => disk.serverId);
    return serverIds.map((id) => byServer.get(id) ?? []);
  });

  /** The tags that a server inherits from the images on its disks, by the id of the server. */
  readonly inheritedTags = new Loader<number, string[]>(async (serverIds) => {
    const statement = sqlText`select v.server_id, t.tag from virtual_disk v
      join image_tag t on t.image_id = v.image_id where ${oneOf('v.server_id', serverIds)} order by v.disk_id, t.position`;
    const rows = await readRows<[serverId: number, tag: string]>(this.em, statement);
    const byServer = Map.groupBy(rows, ([serverId]) => serverId);
    return serverIds.map((id) => (byServer.get(id) ?? []).map(([, tag]) => tag));
  });

  /** How many servers anywhere have a disk made from an image, by the id of the image. */
  readonly countOfImage = new Loader<number, number>(async (imageIds) => {
    const text = sqlText`select v.image_id, count(distinct v.server_id) as total
      from virtual_disk v where ${amongIds(this.em, 'v.image_id', imageIds)} group by v.image_id`;
    const totals = new Map(await readRows<[imageId: number, total: number | string]>(this.em, text, { heavy: true }));
    return imageIds.map((id) => Number(totals.get(id) ?? 0));
  });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly images: ImageQueries,
  ) {}

  /** By exactly one of host name and UUID, else BAD_USER_INPUT; null when the viewer cannot see it. */
  async one(hostname: string | null | undefined, uuid: string | null | undefined): Promise<VirtualServerType | null> {
    const [hasName, hasUuid] = [typeof hostname === 'string', typeof uuid === 'string'];
    if (hasName === hasUuid) {
      if (hasName) throw badInput([{ path: 'uuid', code: 'EXCLUSIVE', message: 'Give hostname or uuid, not both.', params: { other: 'hostname' } }]);
      throw badInput([{ path: 'hostname', code: 'REQUIRED', message: 'Give the hostname or the uuid of the server.' }]);
    }
    return (await this.#find(typeof hostname === 'string' ? sqlText`s.hostname = ${hostname}` : sqlText`s.uuid = ${uuid ?? null}`))[0] ?? null;
  }

  /** By host name or UUID, read anew. NOT_FOUND when the viewer cannot see it. */
  async named(name: string): Promise<VirtualServerType> {
    const lower = name.toLowerCase();
    // A host name may look like a UUID.
    const server = (isUuid(lower) ? await this.one(null, lower) : null) ?? (await this.one(name, null));
    if (server === null) throw notFound('server', name, 'server');
    return server;
  }

  /** By UUID, read anew. NOT_FOUND when the viewer cannot see it. */
  async require(uuid: string): Promise<VirtualServerType> {
    const server = await this.one(null, uuid);
    if (server === null) throw notFound('server', uuid, 'uuid');
    return server;
  }

  /** The image server, also for a viewer who sees no other server there; the caller checks who may ask for it. */
  async imageServer(serverId: number): Promise<VirtualServerType> {
    const statement = sqlText`select ${SELECTED} from virtual_server s where s.id = ${serverId}`;
    const [row] = await readObjects<ServerRow>(this.em, statement);
    if (row === undefined) throw new Error(`Server ${serverId} is the image server and does not exist.`);
    return toServer(row);
  }

  /** All servers of a datacenter for its DCAdmins and SuperAdmins, else the viewer's own. */
  async ofDatacenter(datacenter: DatacenterType, { page, filter, selection }: ServerListRequest): Promise<Connection<VirtualServerType>> {
    const name = filter?.image ?? undefined;
    // Through what the viewer sees: which servers have a hidden image must not show.
    const image = name === undefined ? undefined : await this.images.select(name, null, ID_ALONE);
    const list = await filteredList(this.em, serversOfDatacenter(this.em, this.viewer, datacenter.id, { filter, image }));
    return this.#page(list, page, selection);
  }

  /** The servers with a disk made from an image that the viewer sees. */
  async ofImage(image: ImageType, page: PageArgs, selection: ConnectionSelection): Promise<Connection<VirtualServerType>> {
    return this.#page({ from: SERVERS, where: allOf([usingImage(this.em, image.id), visibleServers(this.viewer)]) }, page, selection);
  }

  async #page(read: Pick<ListStatement, 'from' | 'where' | 'walk'>, page: PageArgs, selection: ConnectionSelection): Promise<Connection<VirtualServerType>> {
    const list: ListStatement = { ...read, columns: SELECTED, order: BY_HOSTNAME };
    return readList<ServerRow, VirtualServerType>(this.em, list, readPage(page, { name: 'server', value: 'string', id: 'number' }), selection, {
      keyOf: (row) => [row.hostname, row.id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toServer(row)])),
    });
  }

  async #find(condition: Condition): Promise<VirtualServerType[]> {
    const where = allOf([condition, visibleServers(this.viewer)]);
    const statement = sqlText`select ${SELECTED} from virtual_server s where ${where}`;
    return (await readObjects<ServerRow>(this.em, statement)).map(toServer);
  }
}
