import type { Column } from '../../platform/database/columns.js';
import { allOf, type Condition, contains, oneOf } from '../../platform/database/list/conditions.js';
import { Memo } from '../../platform/memory/memo.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { type Connection, type OrderDirection, type PageArgs, readPage } from '../../platform/database/list/page.js';
import { type ListStatement, newFirstPages, readRowList } from '../../platform/database/list/read-page.js';
import type { Reads } from '../../platform/database/read/reads.js';
import type { ConnectionSelection } from '../../platform/graphql/selection.js';
import { sqlConstant, sqlText } from '../../platform/database/sql-text.js';
import { countImages } from './count-images.js';
import type { ImageOrderField } from '../image.enums.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import type { Row } from '../image.columns.js';
import type { ImageReading } from '../image.statement.js';
import type { ImageType } from '../image.type.js';
import type { ImageScope } from '../image.visibility.js';
import { type AccessPath, chooseAccessPath } from './access-path.js';

/** What a caller may ask of any list of images. */
export interface ImageListRequest {
  page: PageArgs;
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
  selection: ConnectionSelection;
}

/** What each order compares. */
const VALUES: Record<ImageOrderField, 'string' | 'number'> = { NAME: 'string', ALIAS: 'string', SIZE: 'number', CREATED_AT: 'number' };

function flag(column: Column, wanted: boolean | null | undefined): Condition[] {
  if (wanted === null || wanted === undefined) return [];
  return [isSo(sqlConstant(column), wanted)];
}

function isSo(condition: Condition, wanted: boolean): Condition {
  return wanted ? condition : sqlText`not ${condition}`;
}

/** An empty or absent list restricts nothing. */
function among(column: Column, values: readonly string[] | null | undefined): Condition[] {
  return values === null || values === undefined || values.length === 0 ? [] : [oneOf(column, values)];
}

function hasTag(tag: string): Condition {
  return sqlText`exists (select 1 from image_tag x where x.image_id = i.id and x.tag = ${tag})`;
}

const IS_BOUND = sqlText`exists (select 1 from image_attachment b where b.bound_image_id = i.id)`;

/** The conditions of a filter over `IMAGE_FROM`. */
export function imageFilter(filter: ImageFilter | null | undefined): Condition {
  if (filter === null || filter === undefined) return allOf([]);
  const conditions = [
    ...among('i.access', filter.access),
    ...among('i.os_type', filter.osType),
    ...among('i.status', filter.status),
    ...(filter.tags ?? []).map(hasTag),
    ...flag('i.resize', filter.resize),
    ...flag('i.deploy', filter.deploy),
  ];
  if (filter.search) conditions.push(contains('i.search_text', filter.search));
  if (typeof filter.dcBound === 'boolean') conditions.push(isSo(IS_BOUND, filter.dcBound));
  if (typeof filter.owner === 'string') {
    conditions.push(sqlText`i.owner_id = (select u.id from user_account u where u.username = ${filter.owner})`);
  }
  if (filter.createdAfter) conditions.push(sqlText`i.created_at > ${filter.createdAfter.getTime()}`);
  if (filter.createdBefore) conditions.push(sqlText`i.created_at < ${filter.createdBefore.getTime()}`);
  return allOf(conditions);
}

interface ListOrder {
  field: ImageOrderField;
  direction: OrderDirection;
}

function listOf(plan: AccessPath, reading: ImageReading, { field, direction }: ListOrder, filtered: Condition): ListStatement {
  const order: KeysetOrder = { column: plan.order[field], id: plan.id, direction };
  const walk = plan.walk?.(field, direction);
  return {
    columns: reading.columns(order.column),
    from: reading.from(plan.from),
    where: allOf([plan.where, filtered]),
    order,
    walk: walk && { ...walk, joined: reading.from(walk.joined) },
    counted: plan.from,
    steady: plan.steady,
  };
}

/** Of plans that are kept, by the plan and by what is read of the images. */
const lists = new Memo<ListStatement>(8);

/** A plan that is kept has no filter. */
function keptListOf(plan: AccessPath, reading: ImageReading, order: ListOrder, filtered: Condition): ListStatement {
  if (plan.isKept !== true) return listOf(plan, reading, order, filtered);
  return lists.get(plan, reading.plan, `${order.field} ${order.direction}`, () => ({ ...listOf(plan, reading, order, filtered), firstPages: newFirstPages() }));
}

/** One page of the images of a scope, with the relations that were asked for; two statements, and one for the count. */
export async function listImages(
  em: Reads,
  reading: ImageReading,
  scope: ImageScope,
  request: ImageListRequest,
): Promise<Connection<ImageType>> {
  const field = request.orderBy?.field ?? 'NAME';
  const filtered = imageFilter(request.filter);
  const plan = await chooseAccessPath(em, scope, request, filtered);
  const order = { field, direction: request.orderBy?.direction ?? 'ASC' };
  const list = keptListOf(plan, reading, order, filtered);
  const kind = VALUES[field];
  const page = readPage(request.page, kind, 'number');
  const connection = await readRowList<Row, ImageType>(em, list, page, { ...request.selection, totalCount: false }, {
    keyOf: (row) => [kind === 'number' ? Number(reading.placeOf(row)) : String(reading.placeOf(row)), Number(row[0])],
    nodesOf: reading.nodesOf,
  });
  if (!request.selection.totalCount) return connection;
  const totalCount = await (plan.counted === undefined ? countImages(em, list, plan.isFew) : countImages(em, listOf(plan.counted, reading, order, filtered)));
  return { ...connection, totalCount };
}
