import { type SqlBool, sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import { allOf, type Condition, contains, oneOf } from '../platform/conditions.js';
import type { SqlEntityManager } from '../platform/database.js';
import type { KeysetOrder } from '../platform/keyset.js';
import { type Connection, type CursorKey, type PageArgs, readPage } from '../platform/page.js';
import { readList } from '../platform/read-page.js';
import type { ConnectionSelection } from '../platform/selection.js';
import { countImages } from './count-images.js';
import type { ImageOrderField } from './image.enums.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import { imageColumns, type ImageRow } from './image.statement.js';
import type { ImageType } from './image.type.js';
import type { ImageScope } from './image.visibility.js';
import { planList } from './list-plan.js';

/** What a caller may ask of any list of images. */
export interface ImageListRequest {
  page: PageArgs;
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
  selection: ConnectionSelection;
}

const ORDER: Record<ImageOrderField, { value: 'string' | 'number'; of: (row: ImageRow) => string | number }> = {
  NAME: { value: 'string', of: (row) => row.name },
  ALIAS: { value: 'string', of: (row) => row.alias },
  SIZE: { value: 'number', of: (row) => row.size_mib },
  CREATED_AT: { value: 'number', of: (row) => Number(row.created_at) },
};

function flag(column: string, wanted: boolean | null | undefined): Condition[] {
  if (wanted === null || wanted === undefined) return [];
  return [wanted ? sql<SqlBool>`${sql.ref(column)}` : sql<SqlBool>`not ${sql.ref(column)}`];
}

/** An empty or absent list restricts nothing. */
function among(column: string, values: readonly string[] | null | undefined): Condition[] {
  return values === null || values === undefined || values.length === 0 ? [] : [oneOf(column, values)];
}

function hasTag(tag: string): Condition {
  return sql<SqlBool>`exists (select 1 from image_tag x where x.image_id = i.id and x.tag = ${tag})`;
}

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
  if (typeof filter.dcBound === 'boolean') {
    conditions.push(filter.dcBound ? sql`b.image_id is not null` : sql`b.image_id is null`);
  }
  if (typeof filter.owner === 'string') {
    conditions.push(sql`i.owner_id = (select u.id from user_account u where u.username = ${filter.owner})`);
  }
  if (filter.createdAfter) conditions.push(sql`i.created_at > ${filter.createdAfter.getTime()}`);
  if (filter.createdBefore) conditions.push(sql`i.created_at < ${filter.createdBefore.getTime()}`);
  return allOf(conditions);
}

/** One page of the images of a scope, as ImageTypes without their relations; three statements at most. */
export async function listImages(
  em: SqlEntityManager,
  viewer: Viewer,
  scope: ImageScope,
  request: ImageListRequest,
  complete: (rows: readonly ImageRow[]) => Promise<Map<ImageRow, ImageType>>,
): Promise<Connection<ImageType>> {
  const field = request.orderBy?.field ?? 'NAME';
  const order = ORDER[field];
  const plan = await planList(em, scope, request);
  const keyset: KeysetOrder = { column: plan.order[field], id: plan.id, direction: request.orderBy?.direction ?? 'ASC' };
  const list = {
    columns: imageColumns(viewer),
    from: plan.from,
    where: allOf([plan.where, imageFilter(request.filter)]),
    order: keyset,
  };
  const keyOf = (row: ImageRow): CursorKey => [order.of(row), row.id];
  const page = readPage(request.page, order.value, 'number');
  const selection = { ...request.selection, totalCount: false };
  const connection = await readList<ImageRow, ImageType>(em, list, page, selection, { keyOf, nodesOf: complete });
  return request.selection.totalCount ? { ...connection, totalCount: await countImages(em, list) } : connection;
}
