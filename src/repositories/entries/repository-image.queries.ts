import type { Viewer } from '../../access/viewer.js';
import { allOf } from '../../platform/database/list/conditions.js';
import type { ImageQueries } from '../../images/image.queries.js';
import type { ImageType } from '../../images/image.type.js';
import { Memo } from '../../platform/memory/memo.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { type Connection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { type ListStatement, readRowList, wholeRows } from '../../platform/database/list/read-page.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import type { ConnectionSelection, ObjectSelection } from '../../platform/graphql/selection.js';
import { sqlText } from '../../platform/database/sql-text.js';
import type { ImageRepositoryType } from '../image-repository.type.js';
import {
  hidesImportedEntries,
  ENTRY_FROM,
  ENTRY_JOINS,
  ENTRY_ORDERS,
  ENTRY_TABLE,
  visibleEntries,
  entryColumns,
  entryFilter,
  type EntryRow,
  searchedEntries,
  toRepositoryImages,
} from './repository-image.statement.js';
import type { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';
import type { RepositoryImageType } from './repository-image.type.js';

/** What a caller may ask of the list of a repository. */
export interface RepositoryImageListRequest {
  page: PageArgs;
  filter?: RepositoryImageFilter | null;
  orderBy?: RepositoryImageOrder | null;
  selection: ConnectionSelection;
}

/** All but the image of the catalogue, for who imports. */
const EVERY_FIELD: ObjectSelection = {
  fields: new Set(['name', 'version', 'osType', 'type', 'description', 'homepage', 'size', 'downloadSize', 'state', 'publishedAt', 'origin', 'manifest', 'manifestUrl']),
};

/** Lists with all that a repository offers, by who asks and for what. */
const lists = new Memo<ListStatement>(50);

/** Reads what repositories offer. Everything is FORBIDDEN for who may not use them, whatever way led here. */
export class RepositoryImageQueries {
  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
    private readonly images: ImageQueries,
  ) {}

  /** Newest first unless an order is given. */
  async page(repository: ImageRepositoryType, request: RepositoryImageListRequest): Promise<Connection<RepositoryImageType>> {
    this.viewer.demand('repository.use');
    const filter = entryFilter(request.filter);
    const search = await searchedEntries(this.em, request.filter);
    const order = ENTRY_ORDERS[request.orderBy?.field ?? 'PUBLISHED_AT'];
    const direction = request.orderBy?.direction ?? 'DESC';
    // Counting a large list takes long, and a load has counted it already.
    const isCounted = filter === null && !hidesImportedEntries(this.viewer, repository);
    const inOrder: KeysetOrder = { column: order.column, id: 'o.id', direction };
    const walk = { ...wholeRows({ table: ENTRY_TABLE, alias: sqlText`o`, where: sqlText`o.repository_id = ${repository.id}`, order: inOrder }), joined: ENTRY_JOINS };
    const listOf = (): ListStatement => ({
      columns: entryColumns(order.column, request.selection),
      from: ENTRY_FROM,
      where: allOf([visibleEntries(this.viewer, repository), ...(filter === null ? [] : [filter, ...search])]),
      order: inOrder,
      walk: filter === null ? walk : undefined,
      steady: isCounted,
    });
    const keptList = (): ListStatement => ({ ...listOf(), firstPages: new Map() });
    const list = isCounted ? lists.get(this.viewer, request.selection, `${repository.id} ${order.column} ${direction}`, keptList) : listOf();
    const selection = isCounted ? { ...request.selection, totalCount: false } : request.selection;
    const connection = await readRowList<EntryRow, RepositoryImageType>(this.em, list, readPage(request.page, order.value), selection, {
      keyOf: ([id, place]) => [order.value === 'number' ? Number(place) : String(place), id],
      nodesOf: async (rows) => {
        const images = await this.#imagesOf(rows, request.selection);
        return toRepositoryImages(rows, repository, images, request.selection);
      },
    });
    return isCounted ? { ...connection, totalCount: repository.imageCount } : connection;
  }

  /** The images of the catalogue behind entries, in one statement; none when nobody asked for them. */
  async #imagesOf(rows: readonly EntryRow[], { fields, nested }: ObjectSelection): Promise<ReadonlyMap<number, ImageType>> {
    const ids = fields.has('image') ? [...new Set(rows.flatMap(([, , imageId]) => imageId ?? []))] : [];
    return ids.length === 0 ? new Map() : this.images.several(ids, nested?.get('image'));
  }

  /** Null when the list would not show it either. */
  async one(repository: ImageRepositoryType, uuid: string, selection: ObjectSelection = EVERY_FIELD): Promise<RepositoryImageType | null> {
    this.viewer.demand('repository.use');
    const where = allOf([visibleEntries(this.viewer, repository), sqlText`o.uuid = ${uuid}`]);
    const rows = await readRows<EntryRow>(this.em, sqlText`select ${entryColumns('o.name', selection)} from ${ENTRY_FROM} where ${where}`, { steady: true });
    return toRepositoryImages(rows, repository, await this.#imagesOf(rows, selection), selection)[0] ?? null;
  }
}
