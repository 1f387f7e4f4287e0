import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Condition } from './conditions.js';
import type { CursorKey, OrderDirection, PageRequest } from './page.js';

/** A total order: by the column, then by the id. Both are written by us, never by a caller. */
export interface KeysetOrder {
  column: string;
  id: string;
  direction: OrderDirection;
}

function beyond(order: KeysetOrder, key: CursorKey, ascending: boolean): Condition {
  const operator = sql.raw(ascending ? '>' : '<');
  // Postgres would take the type of the column, and refuse a cursor beyond its range instead of finding nothing.
  const value = typeof key[0] === 'number' ? sql`cast(${key[0]} as bigint)` : sql`${key[0]}`;
  return sql<SqlBool>`(${sql.ref(order.column)}, ${sql.ref(order.id)}) ${operator} (${value}, ${key[1]})`;
}

/** What of the list lies between the cursors of the page. */
export function keysetConditions(page: PageRequest, order: KeysetOrder): Condition[] {
  const ascending = order.direction === 'ASC';
  const conditions: Condition[] = [];
  if (page.after !== null) conditions.push(beyond(order, page.after, ascending));
  if (page.before !== null) conditions.push(beyond(order, page.before, !ascending));
  return conditions;
}

/** The order to read in: from the end of the list when paging backward. */
export function keysetOrderBy(page: PageRequest, order: KeysetOrder): RawBuilder<unknown> {
  const direction = sql.raw((order.direction === 'ASC') === page.backward ? 'desc' : 'asc');
  return sql`${sql.ref(order.column)} ${direction}, ${sql.ref(order.id)} ${direction}`;
}
