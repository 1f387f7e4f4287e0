import type { CursorKey, OrderDirection, PageRequest } from './page.js';
import { plainText, type SqlText, sqlText } from './sql-text.js';

/** A total order: by the column, then by the id. Both are written by us, never by a caller. */
export interface KeysetOrder {
  column: string;
  id: string;
  direction: OrderDirection;
}

function beyond(order: KeysetOrder, key: CursorKey, ascending: boolean): SqlText {
  const operator = plainText(ascending ? '>' : '<');
  // Postgres would take the type of the column, and refuse a cursor beyond its range instead of finding nothing.
  const value = typeof key[0] === 'number' ? sqlText`cast(${key[0]} as bigint)` : sqlText`${key[0]}`;
  return sqlText`(${plainText(order.column)}, ${plainText(order.id)}) ${operator} (${value}, ${key[1]})`;
}

/** What of the list lies between the cursors of the page. */
export function keysetConditions(page: PageRequest, order: KeysetOrder): SqlText[] {
  const ascending = order.direction === 'ASC';
  const conditions: SqlText[] = [];
  if (page.after !== null) conditions.push(beyond(order, page.after, ascending));
  if (page.before !== null) conditions.push(beyond(order, page.before, !ascending));
  return conditions;
}

/** The order to read in: from the end of the list when paging backward. */
export function keysetOrderBy(page: PageRequest, order: KeysetOrder): SqlText {
  const direction = plainText((order.direction === 'ASC') === page.backward ? 'desc' : 'asc');
  return sqlText`${plainText(order.column)} ${direction}, ${plainText(order.id)} ${direction}`;
}
