import type { Column } from '../columns.js';
import type { CursorKey, OrderDirection, PageRequest } from './page.js';
import { LARGEST_ID } from '../tables.js';
import { sqlConstant, type SqlText, sqlText } from '../sql-text.js';

/** A total order: by the column, then by the id. */
export interface KeysetOrder {
  column: Column;
  id: Column;
  direction: OrderDirection;
}

/**
 * Of whole numbers, "from the next id on" instead of "beyond the id": Postgres estimates how many rows are left by the first column alone,
 * and would expect hardly any behind a value that most rows have, and sort them all.
 */
function bound([, id]: CursorKey, ascending: boolean): { operator: '>' | '<' | '>=' | '<='; id: string | number } {
  if (typeof id === 'string' || Math.abs(id) >= LARGEST_ID) return { operator: ascending ? '>' : '<', id };
  return ascending ? { operator: '>=', id: id + 1 } : { operator: '<=', id: id - 1 };
}

function beyond(order: KeysetOrder, key: CursorKey, ascending: boolean): SqlText {
  const { operator, id } = bound(key, ascending);
  // Postgres would infer the column's type, and fail on a cursor beyond its range instead of finding nothing.
  const value = typeof key[0] === 'number' ? sqlText`cast(${key[0]} as bigint)` : sqlText`${key[0]}`;
  return sqlText`(${sqlConstant(order.column)}, ${sqlConstant(order.id)}) ${sqlConstant(operator)} (${value}, ${id})`;
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
