import type { Column } from '../columns.js';
import type { CursorKey, OrderDirection, PageRequest } from './page.js';
import { sqlConstant, type SqlText, sqlText } from '../sql-text.js';

/** A total order: by the column, then by the id. */
export interface KeysetOrder {
  column: Column;
  id: Column;
  direction: OrderDirection;
}

function beyond(order: KeysetOrder, key: CursorKey, ascending: boolean): SqlText {
  // Postgres would infer the column's type, and fail on a cursor beyond its range instead of finding nothing.
  const value = typeof key[0] === 'number' ? sqlText`cast(${key[0]} as bigint)` : sqlText`${key[0]}`;
  return sqlText`(${sqlConstant(order.column)}, ${sqlConstant(order.id)}) ${sqlConstant(ascending ? '>' : '<')} (${value}, ${key[1]})`;
}

/** Conditions for the rows between the cursors of the page. */
export function keysetConditions(page: PageRequest, order: KeysetOrder): SqlText[] {
  const ascending = order.direction === 'ASC';
  const conditions: SqlText[] = [];
  if (page.after !== null) conditions.push(beyond(order, page.after, ascending));
  if (page.before !== null) conditions.push(beyond(order, page.before, !ascending));
  return conditions;
}

/** The order to read in: from the end of the list when paging backward. */
export function keysetOrderBy(page: PageRequest, order: KeysetOrder): SqlText {
  const direction = sqlConstant((order.direction === 'ASC') === page.backward ? 'desc' : 'asc');
  return sqlText`${sqlConstant(order.column)} ${direction}, ${sqlConstant(order.id)} ${direction}`;
}
