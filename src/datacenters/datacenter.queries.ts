import type { Viewer } from '../access/viewer.js';
import { searchForm } from '../platform/display-text.js';
import { ALWAYS, allOf, type Condition, oneOf, oneOfIds } from '../platform/database/list/conditions.js';
import { notFound } from '../platform/errors.js';
import type { KeysetOrder } from '../platform/database/list/keyset.js';
import type { Connection, PageRequest } from '../platform/database/list/page.js';
import { type ListStatement, readList, wholeRows } from '../platform/database/list/read-page.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import type { ConnectionSelection } from '../platform/graphql/selection.js';
import { isSqlite } from '../platform/database/database.js';
import { sqlText } from '../platform/database/sql-text.js';
import { loadVisibleDatacenter, loadVisibleDatacenters, type VisibleDatacenters } from './datacenter-cache.js';
import { DATACENTER_COLUMNS, type DatacenterRow, toDatacenter } from './datacenter.columns.js';
import { DEFAULT_DATACENTER } from './datacenter.entity.js';
import type { DatacenterType } from './datacenter.type.js';
import { visibleDatacenters } from './datacenter.visibility.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

/** Reads the datacenters that the viewer can see. */
export class DatacenterQueries {
  /** By id; null for one that the viewer cannot see. */
  readonly byId = {
    load: async (id: number): Promise<DatacenterType | null> => loadVisibleDatacenter(this.em, this.viewer, id),
  };

  /** Visible datacenters per group id, by name. */
  readonly byGroup = new Loader<number, DatacenterType[]>(async (groupIds) => {
    const where = allOf([oneOf('x.group_id', groupIds), visibleDatacenters(this.viewer)]);
    const statement = sqlText`select x.group_id, ${DATACENTER_COLUMNS} from datacenter d
      join datacenter_group x on x.datacenter_id = d.id where ${where} order by d.name`;
    const rows = await readObjects<DatacenterRow & { group_id: number }>(this.em, statement);
    const byGroup = Map.groupBy(rows, (row) => row.group_id);
    return groupIds.map((id) => (byGroup.get(id) ?? []).map(toDatacenter));
  });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** All of them, to look many up at once. */
  async visible(): Promise<VisibleDatacenters> {
    return loadVisibleDatacenters(this.em, this.viewer);
  }

  async byName(name: string): Promise<DatacenterType | null> {
    const known = (await this.visible()).byName(name);
    if (known !== null || isSqlite(this.em)) return known;
    // Another process may have made it a moment ago, and its client goes on with this one.
    return (await loadVisibleDatacenters(this.em, this.viewer, true)).byName(name);
  }

  /** The datacenter a request works in: the one named, else the current one. NOT_FOUND when the viewer cannot see it; `path` is the input that names it. */
  async require(name: string | null | undefined, path = 'datacenter'): Promise<DatacenterType> {
    if (name === null || name === undefined) return this.current();
    const datacenter = await this.byName(name);
    if (datacenter === null) throw notFound('datacenter', name, path);
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
    return [...(await this.visible()).all];
  }

  /** By name; `search` looks at name and alias, and an empty one finds all. */
  async page(search: string | null | undefined, page: PageRequest, selection: ConnectionSelection): Promise<Connection<DatacenterType>> {
    const table = sqlText`datacenter d`;
    const order: KeysetOrder = { column: 'd.name', id: 'd.id', direction: 'ASC' };
    const walk = wholeRows({ table, alias: sqlText`d`, where: ALWAYS, order });
    const list: ListStatement = { columns: DATACENTER_COLUMNS, from: table, where: search ? await this.#found(search) : visibleDatacenters(this.viewer), order, walk };
    return readList<DatacenterRow, DatacenterType>(this.em, list, page, selection, {
      keyOf: (row) => [row.name, row.id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toDatacenter(row)])),
    });
  }

  /** All visible datacenters are in memory, so no column holds their texts in lower case. */
  async #found(search: string): Promise<Condition> {
    const text = searchForm(search);
    const { all } = await this.visible();
    const found = all.filter(({ name, alias }) => searchForm(`${name}\n${alias}`).includes(text)).map(({ id }) => id);
    return allOf([oneOfIds('d.id', found), visibleDatacenters(this.viewer)]);
  }
}
