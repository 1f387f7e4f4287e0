import { allOf, type Condition, contains, oneOf } from '../platform/conditions.js';
import type { SqlEntityManager } from '../platform/database.js';
import type { KeysetOrder } from '../platform/keyset.js';
import { type Connection, type PageArgs, readPage } from '../platform/page.js';
import { readPlainList } from '../platform/read-page.js';
import type { ConnectionSelection } from '../platform/selection.js';
import { plainText, sqlText } from '../platform/sql-text.js';
import type { ImageOrderField } from './image.enums.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import type { Row } from './image.columns.js';
import { IMAGE_FROM, type ImageReading } from './image.statement.js';
import type { ImageType } from './image.type.js';

/** What a caller may ask of any list of images. */
export interface ImageListRequest {
  page: PageArgs;
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
  selection: ConnectionSelection;
}

const ORDER: Record<ImageOrderField, { column: string; value: 'string' | 'number' }> = {
  NAME: { column: 'i.name', value: 'string' },
  ALIAS: { column: 'i.alias', value: 'string' },
  SIZE: { column: 'i.size_mib', value: 'number' },
  CREATED_AT: { column: 'i.created_at', value: 'number' },
};

function flag(column: string, wanted: boolean | null | undefined): Condition[] {
  if (wanted === null || wanted === undefined) return [];
  return [plainText(wanted ? column : `not ${column}`)];
}

/** An empty or absent list restricts nothing. */
function among(column: string, values: readonly string[] | null | undefined): Condition[] {
  return values === null || values === undefined || values.length === 0 ? [] : [oneOf(column, values)];
}

function hasTag(tag: string): Condition {
  return sqlText`exists (select 1 from image_tag x where x.image_id = i.id and x.tag = ${tag})`;
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
    conditions.push(plainText(filter.dcBound ? 'b.image_id is not null' : 'b.image_id is null'));
  }
  if (typeof filter.owner === 'string') {
    conditions.push(sqlText`i.owner_id = (select u.id from user_account u where u.username = ${filter.owner})`);
  }
  if (filter.createdAfter) conditions.push(sqlText`i.created_at > ${filter.createdAfter.getTime()}`);
  if (filter.createdBefore) conditions.push(sqlText`i.created_at < ${filter.createdBefore.getTime()}`);
  return allOf(conditions);
}

/** One page of the images that meet `where`, with the relations that were asked for; two statements at most. */
export async function listImages(
  em: SqlEntityManager,
  reading: ImageReading,
  where: Condition,
  request: ImageListRequest,
): Promise<Connection<ImageType>> {
  const order = ORDER[request.orderBy?.field ?? 'NAME'];
  const keyset: KeysetOrder = { column: order.column, id: 'i.id', direction: request.orderBy?.direction ?? 'ASC' };
  const list = {
    columns: reading.columns(order.column),
    from: reading.from,
    where: allOf([where, imageFilter(request.filter)]),
    order: keyset,
    counted: IMAGE_FROM,
  };
  return readPlainList<Row, ImageType>(em, list, readPage(request.page, order.value, 'number'), request.selection, {
    keyOf: (row) => [order.value === 'number' ? Number(row[1]) : String(row[1]), Number(row[0])],
    nodesOf: (rows) => rows.map(reading.nodeOf),
  });
}
