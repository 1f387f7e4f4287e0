import type { Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import { isSqlite } from '../../platform/database/database.js';
import { allOf } from '../../platform/database/list/conditions.js';
import { type KeysetOrder, keysetConditions, keysetOrderBy } from '../../platform/database/list/keyset.js';
import { buildConnection, type Connection, keptRows, LARGEST_PAGE, type PageArgs, type PageRequest, readPage } from '../../platform/database/list/page.js';
import { amongIds, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { Loader } from '../../platform/graphql/loader.js';
import type { ConnectionSelection } from '../../platform/graphql/selection.js';
import { cursorForm } from '../list/list-order.js';
import { type ImageReader, imageReader, type RowValues } from '../image.statement.js';
import type { SelectedImage } from '../image.type.js';
import { visibleImages } from '../image.visibility.js';

/** One page of the children of one image. */
interface ChildrenRequest {
  base: string;
  page: PageRequest;
  selection: ConnectionSelection;
}

const BY_NAME: KeysetOrder = { column: 'i.name', id: 'i.id', direction: 'ASC' };
const BY_NAME_CURSORS = cursorForm({ field: 'NAME', direction: 'ASC' });

/** Reads the images that build on others. */
export class ImageChildren {
  /** Each request is a key of its own, so that nothing is cached over a change. */
  readonly #pages = new Loader<ChildrenRequest, Connection<SelectedImage>>(async (requests) => {
    const pages = new Map<ChildrenRequest, Connection<SelectedImage>>();
    for (const alike of groupsOf(requests)) for (const [request, connection] of await this.#read(alike)) pages.set(request, connection);
    return requests.map((request) => pages.get(request) ?? new Error('A page of children was not read.'));
  });

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly datacenters: DatacenterQueries,
  ) {}

  /** The children of an image that the viewer sees, by name. Pages of many images take one statement, and one more for their counts. */
  async page(base: string, page: PageArgs, selection: ConnectionSelection): Promise<Connection<SelectedImage>> {
    return this.#pages.load({ base, page: readPage(page, BY_NAME_CURSORS), selection });
  }

  /** `requests` differ in their bases only. */
  async #read([first, ...others]: readonly [ChildrenRequest, ...ChildrenRequest[]]): Promise<[ChildrenRequest, Connection<SelectedImage>][]> {
    const { page, selection } = first;
    const requests = [first, ...others];
    const bases = [...new Set(requests.map(({ base }) => base))];
    const reader = imageReader({ em: this.em, viewer: this.viewer, datacenters: await this.datacenters.visible() }, selection);
    const rows = selection.items ? await readRows<RowValues>(this.em, this.#pageStatement(reader, bases, page), { heavy: true }) : [];
    const totals = selection.totalCount ? await this.#totals(bases) : null;
    const byBase = Map.groupBy(rows, (row) => String(row.at(-1)));
    const connections = new Map<string, Connection<SelectedImage>>();
    for (const base of bases) {
      const found = (byBase.get(base) ?? []).map((row) => row.slice(0, -1));
      const kept = keptRows(found, page);
      const asked = { totalCount: totals === null ? Number.NaN : (totals.get(base) ?? 0), withEdges: selection.edges !== false };
      const nodes = await reader.imagesOf(kept);
      connections.set(base, buildConnection({ kept, nodes, more: found.length > page.limit }, page, (row) => [String(reader.orderValueOf(row)), Number(row[0])], asked));
    }
    return requests.flatMap((request) => {
      const connection = connections.get(request.base);
      return connection === undefined ? [] : [[request, connection]];
    });
  }

  /** Up to one row more than a page for each base, by the index on base and name; the last column is the base. */
  #pageStatement(reader: ImageReader, bases: readonly string[], page: PageRequest): SqlText {
    const columns = sqlText`${reader.columns(BY_NAME.column)}, i.origin as of_base`;
    const orderBy = keysetOrderBy(page, BY_NAME);
    const limit = sqlInteger(page.limit + 1, { max: LARGEST_PAGE + 1 });
    const further = allOf([visibleImages(this.viewer), ...keysetConditions(page, BY_NAME)]);
    if (isSqlite(this.em)) {
      const of = sqlText`json_each(${JSON.stringify(bases)}) o cross join image i`;
      const ids = sqlText`select i.id from image i where i.origin = o.value and ${further} order by ${orderBy} limit ${limit}`;
      return sqlText`select ${columns} from ${reader.from(of)} where i.id in (${ids}) order by ${orderBy}`;
    }
    const children = sqlText`select i.* from image i where i.origin = o.base and ${further} order by ${orderBy} limit ${limit}`;
    const of = sqlText`unnest(cast(${bases} as varchar[])) o(base) cross join lateral (${children}) i`;
    return sqlText`select ${columns} from ${reader.from(of)} order by ${orderBy}`;
  }

  async #totals(bases: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const text = sqlText`select i.origin, count(*) as total from image i
      where ${amongIds(this.em, 'i.origin', bases)} and ${visibleImages(this.viewer)} group by i.origin`;
    const rows = await readRows<[base: string, total: number | string]>(this.em, text, { heavy: true });
    return new Map(rows.map(([base, total]) => [base, Number(total)]));
  }
}

/** Requests for the same page and the same fields, which one statement answers. */
function groupsOf(requests: readonly ChildrenRequest[]): [ChildrenRequest, ...ChildrenRequest[]][] {
  const groups: [ChildrenRequest, ...ChildrenRequest[]][] = [];
  for (const bySelection of Map.groupBy(requests, ({ selection }) => selection).values()) {
    for (const [first, ...others] of Map.groupBy(bySelection, ({ page }) => JSON.stringify(page)).values()) if (first !== undefined) groups.push([first, ...others]);
  }
  return groups;
}
