import type { Viewer } from '../../access/viewer.js';
import { allOf, type Condition } from '../../platform/database/list/conditions.js';
import { Memo } from '../../platform/memory/memo.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { type Connection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { type ListStatement, newFirstPages, readRowList } from '../../platform/database/list/read-page.js';
import type { Reads } from '../../platform/database/read/reads.js';
import type { ConnectionSelection } from '../../platform/graphql/selection.js';
import { countImages } from './count-images.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import type { ImageReader, RowValues } from '../image.statement.js';
import type { SelectedImage } from '../image.type.js';
import type { ImageScope } from '../image.visibility.js';
import { demandFilter, imageFilter } from './image-filter.js';
import { type AccessPath, chooseAccessPath } from './access-path.js';
import { cursorForm, type ListOrder } from './list-order.js';

/** What a caller may request of any list of images. */
export interface ImageListRequest {
  page: PageArgs;
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
  selection: ConnectionSelection;
}

function listOf(path: AccessPath, reader: ImageReader, { field, direction }: ListOrder, filtered: Condition): ListStatement {
  const order: KeysetOrder = { column: path.order[field], id: path.id, direction };
  const index = path.orderedIndex?.(field, direction);
  return {
    columns: reader.columns(order.column),
    from: reader.from(path.from),
    where: allOf([path.where, filtered]),
    order,
    walk: index && { ...index, joined: reader.from(index.joined) },
    counted: path.from,
    steady: path.steady,
  };
}

/** Statements of unfiltered lists, by their cached access path, the selection and the order. */
const lists = new Memo<ListStatement>(8);

function cachedListOf(path: AccessPath, reader: ImageReader, order: ListOrder, filtered: Condition): ListStatement {
  if (path.isCached !== true) return listOf(path, reader, order, filtered);
  return lists.get(path, reader.selected, `${order.field} ${order.direction}`, () => ({ ...listOf(path, reader, order, filtered), firstPages: newFirstPages() }));
}

/** One page of the images of a scope with the selected fields, in two statements, and one more for the count. */
export async function listImages(
  { em, viewer }: { em: Reads; viewer: Viewer },
  reader: ImageReader,
  scope: ImageScope,
  request: ImageListRequest,
): Promise<Connection<SelectedImage>> {
  demandFilter(request.filter, viewer);
  const field = request.orderBy?.field ?? 'NAME';
  const filtered = imageFilter(request.filter, viewer);
  const path = await chooseAccessPath(em, scope, { ...request, viewer }, filtered);
  const order = { field, direction: request.orderBy?.direction ?? 'ASC' };
  const list = cachedListOf(path, reader, order, filtered);
  const form = cursorForm(order);
  const page = readPage(request.page, form);
  const connection = await readRowList<RowValues, SelectedImage>(em, list, page, { ...request.selection, totalCount: false }, {
    keyOf: (row) => [form.value === 'number' ? Number(reader.orderValueOf(row)) : String(reader.orderValueOf(row)), Number(row[0])],
    nodesOf: reader.imagesOf,
  });
  if (!request.selection.totalCount) return connection;
  const totalCount = await (path.countPath === undefined ? countImages(em, list, path.isSelective) : countImages(em, listOf(path.countPath, reader, order, filtered)));
  return { ...connection, totalCount };
}
