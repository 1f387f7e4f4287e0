import DataLoader from 'dataloader';
import { sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import { type Condition, allOf, oneOf } from '../platform/conditions.js';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { notFound } from '../platform/errors.js';
import { keyLoader } from '../platform/key-loader.js';
import type { Connection, PageRequest } from '../platform/page.js';
import { readList } from '../platform/read-page.js';
import type { ConnectionSelection } from '../platform/selection.js';
import { DEFAULT_DATACENTER } from './datacenter.entity.js';
import type { DatacenterAccess } from './datacenter.enums.js';
import type { DatacenterType } from './datacenter.type.js';
import { visibleDatacenters } from './datacenter.visibility.js';

export interface DatacenterRow {
  id: number;
  name: string;
  alias: string;
  access: DatacenterAccess;
  owner_id: number;
  description: string;
  vms_image_limit: number | null;
  created_at: number | string;
}

/** Columns of DatacenterRow, alias `d`. */
export const DATACENTER_COLUMNS = sql`d.id, d.name, d.alias, d.access, d.owner_id, d.description, d.vms_image_limit, d.created_at`;

export function toDatacenter(row: DatacenterRow): DatacenterType {
  return {
    id: row.id,
    ownerId: row.owner_id,
    vmsImageLimit: row.vms_image_limit,
    name: row.name,
    alias: row.alias,
    access: row.access,
    description: row.description,
    isDefault: row.name === DEFAULT_DATACENTER,
    createdAt: new Date(Number(row.created_at)),
  };
}

/** Reads datacenters as far as they exist for the viewer. */
export class DatacenterQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new DataLoader<number, DatacenterType | null>(async (ids) => {
    const rows = await this.#find(oneOf('d.id', ids));
    const found = new Map(rows.map((one) => [one.id, one]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By what other subgraphs know it by, one statement per batch; null for one that the viewer cannot see. */
  readonly byKey = keyLoader({ name: 'd.name' }, async (where) => this.#find(where));

  /** Visible datacenters per group id, by name. */
  readonly byGroup = new DataLoader<number, DatacenterType[]>(async (groupIds) => {
    const where = allOf([oneOf('x.group_id', groupIds), visibleDatacenters(this.viewer)]);
    const statement = sql<DatacenterRow & { group_id: number }>`select x.group_id, ${DATACENTER_COLUMNS} from datacenter d
      join datacenter_group x on x.datacenter_id = d.id where ${where} order by d.name`;
    const { rows } = await statement.execute(statements(this.em));
    return groupIds.map((id) => rows.filter((row) => row.group_id === id).map(toDatacenter));
  });

  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
  ) {}

  async byName(name: string): Promise<DatacenterType | null> {
    return (await this.#find(sql`d.name = ${name}`))[0] ?? null;
  }

  /** The datacenter a request works in: the one named, else the current one. NOT_FOUND when the viewer cannot see it. */
  async require(name: string | null | undefined): Promise<DatacenterType> {
    if (name === null || name === undefined) return this.current();
    const datacenter = await this.byName(name);
    if (datacenter === null) throw notFound('datacenter', name);
    return datacenter;
  }

  /** The viewer's current datacenter; `main` when none was chosen or the chosen one can no longer be seen. */
  async current(): Promise<DatacenterType> {
    const chosen = this.viewer.currentDatacenterId;
    const datacenter = chosen === null ? null : await this.byId.load(chosen);
    return datacenter ?? this.require(DEFAULT_DATACENTER);
  }

  /** Every visible datacenter, by name. */
  async all(): Promise<DatacenterType[]> {
    return this.#find(sql`1 = 1`);
  }

  async page(page: PageRequest, selection: ConnectionSelection): Promise<Connection<DatacenterType>> {
    const list = {
      columns: DATACENTER_COLUMNS,
      from: sql`datacenter d`,
      where: visibleDatacenters(this.viewer),
      order: { column: 'd.name', id: 'd.id', direction: 'ASC' as const },
    };
    return readList<DatacenterRow, DatacenterType>(this.em, list, page, selection, {
      keyOf: (row) => [row.name, row.id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toDatacenter(row)])),
    });
  }

  async #find(condition: Condition): Promise<DatacenterType[]> {
    const where = allOf([condition, visibleDatacenters(this.viewer)]);
    const statement = sql<DatacenterRow>`select ${DATACENTER_COLUMNS} from datacenter d where ${where} order by d.name`;
    return (await statement.execute(statements(this.em))).rows.map(toDatacenter);
  }
}
