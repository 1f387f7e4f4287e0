import { sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import { allOf } from '../platform/conditions.js';
import { type SqlEntityManager, statements } from '../platform/database.js';
import { type Connection, type PageArgs, readPage } from '../platform/page.js';
import { readList } from '../platform/read-page.js';
import type { ConnectionSelection } from '../platform/selection.js';
import type { ImageRepositoryType } from './image-repository.type.js';
import {
  hidesKnownEntries,
  OFFERED_FROM,
  OFFERED_ORDER,
  offeredBy,
  offeredColumns,
  offeredFilter,
  type OfferedRow,
  searchedOffers,
  toOffered,
} from './offered-images.js';
import type { RepositoryImageFilter, RepositoryImageOrder } from './repository-image.inputs.js';
import type { RepositoryImageType } from './repository-image.type.js';

/** What a caller may ask of the list of a repository. */
export interface OfferedListRequest {
  page: PageArgs;
  filter?: RepositoryImageFilter | null;
  orderBy?: RepositoryImageOrder | null;
  selection: ConnectionSelection;
}

/** Reads what repositories offer. Everything is FORBIDDEN for who may not use them, whatever way led here. */
export class RepositoryImageQueries {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
  ) {}

  /** Newest first unless an order is given. */
  async page(repository: ImageRepositoryType, request: OfferedListRequest): Promise<Connection<RepositoryImageType>> {
    this.viewer.demand('repository.use');
    const filter = offeredFilter(request.filter);
    const search = await searchedOffers(this.em, request.filter);
    const order = OFFERED_ORDER[request.orderBy?.field ?? 'PUBLISHED_AT'];
    const offered = offeredBy(this.viewer, repository);
    const list = {
      columns: offeredColumns(request.selection.fields.has('manifest')),
      from: OFFERED_FROM,
      where: filter === null ? offered : allOf([offered, filter, ...search]),
      order: { column: order.column, id: 'o.id', direction: request.orderBy?.direction ?? ('DESC' as const) },
    };
    // Counting a large list takes long, and a load has counted it already.
    const isCounted = filter === null && !hidesKnownEntries(this.viewer, repository);
    const selection = isCounted ? { ...request.selection, totalCount: false } : request.selection;
    const connection = await readList<OfferedRow, RepositoryImageType>(this.em, list, readPage(request.page, order.value), selection, {
      keyOf: (row) => [order.of(row), row.id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toOffered(row, repository)])),
    });
    return isCounted ? { ...connection, totalCount: repository.imageCount } : connection;
  }

  /** Null when the list would not show it either. */
  async one(repository: ImageRepositoryType, uuid: string): Promise<RepositoryImageType | null> {
    this.viewer.demand('repository.use');
    const where = allOf([offeredBy(this.viewer, repository), sql`o.uuid = ${uuid}`]);
    const statement = sql<OfferedRow>`select ${offeredColumns(true)} from ${OFFERED_FROM} where ${where}`;
    const [row] = (await statement.execute(statements(this.em))).rows;
    return row === undefined ? null : toOffered(row, repository);
  }
}
