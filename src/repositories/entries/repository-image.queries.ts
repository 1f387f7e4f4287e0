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
  hidesKnownEntries,
  OFFERED_FROM,
  OFFERED_JOINS,
  OFFERED_ORDER,
  OFFERED_TABLE,
  offeredBy,
  offeredColumns,
  offeredFilter,
  type OfferedRow,
  searchedOffers,
  toOffered,
} from './repository-image.statement.js';
import type { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';
import type { RepositoryImageType } from './repository-image.type.js';

/** What a caller may ask of the list of a repository. */
export interface OfferedListRequest {
  page: PageArgs;
  filter?: RepositoryImageFilter | null;
  orderBy?: RepositoryImageOrder | null;
  selection: ConnectionSelection;
}

/** All but the image of the catalogue, for who imports. */
const WHOLE_OFFER: ObjectSelection = {
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
  async page(repository: ImageRepositoryType, request: OfferedListRequest): Promise<Connection<RepositoryImageType>> {
    this.viewer.demand('repository.use');
    const filter = offeredFilter(request.filter);
    const search = await searchedOffers(this.em, request.filter);
    const order = OFFERED_ORDER[request.orderBy?.field ?? 'PUBLISHED_AT'];
    const direction = request.orderBy?.direction ?? 'DESC';
    // Counting a large list takes long, and a load has counted it already.
    const isCounted = filter === null && !hidesKnownEntries(this.viewer, repository);
    const inOrder: KeysetOrder = { column: order.column, id: 'o.id', direction };
    const walk = { ...wholeRows({ table: OFFERED_TABLE, alias: sqlText`o`, where: sqlText`o.repository_id = ${repository.id}`, order: inOrder }), joined: OFFERED_JOINS };
    const listOf = (): ListStatement => ({
      columns: offeredColumns(order.column, request.selection),
      from: OFFERED_FROM,
      where: allOf([offeredBy(this.viewer, repository), ...(filter === null ? [] : [filter, ...search])]),
      order: inOrder,
      walk: filter === null ? walk : undefined,
      steady: isCounted,
    });
    const keptList = (): ListStatement => ({ ...listOf(), firstPages: new Map() });
    const list = isCounted ? lists.get(this.viewer, request.selection, `${repository.id} ${order.column} ${direction}`, keptList) : listOf();
    const selection = isCounted ? { ...request.selection, totalCount: false } : request.selection;
    const connection = await readRowList<OfferedRow, RepositoryImageType>(this.em, list, readPage(request.page, order.value), selection, {
      keyOf: ([id, place]) => [order.value === 'number' ? Number(place) : String(place), id],
      nodesOf: async (rows) => {
        const images = await this.#imagesOf(rows, request.selection);
        return toOffered(rows, repository, images, request.selection);
      },
    });
    return isCounted ? { ...connection, totalCount: repository.imageCount } : connection;
  }

  /** The images of the catalogue behind entries, in one statement; none when nobody asked for them. */
  async #imagesOf(rows: readonly OfferedRow[], { fields, nested }: ObjectSelection): Promise<ReadonlyMap<number, ImageType>> {
    const ids = fields.has('image') ? [...new Set(rows.flatMap(([, , imageId]) => imageId ?? []))] : [];
    return ids.length === 0 ? new Map() : this.images.several(ids, nested?.get('image'));
  }

  /** Null when the list would not show it either. */
  async one(repository: ImageRepositoryType, uuid: string, selection: ObjectSelection = WHOLE_OFFER): Promise<RepositoryImageType | null> {
    this.viewer.demand('repository.use');
    const where = allOf([offeredBy(this.viewer, repository), sqlText`o.uuid = ${uuid}`]);
    const rows = await readRows<OfferedRow>(this.em, sqlText`select ${offeredColumns('o.name', selection)} from ${OFFERED_FROM} where ${where}`, { steady: true });
    return toOffered(rows, repository, await this.#imagesOf(rows, selection), selection)[0] ?? null;
  }
}
