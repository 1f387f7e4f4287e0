import { searchForm } from '../../display-text.js';
import type { Column } from '../columns.js';
import { joinTexts, sqlConstant, sqlIntegers, type SqlText, sqlText, sqlValues } from '../sql-text.js';
import { LARGEST_ID } from '../tables.js';

/** A condition as a fragment of a statement; for the aliases of tables, see `Column`. */
export type Condition = SqlText;

export const ALWAYS = sqlText`1 = 1`;
export const NEVER = sqlText`1 = 0`;

/** Column is one of the values; false for an empty list. A unary plus keeps SQLite's planner from using an index of the column. */
export function oneOf(column: Column | `+${Column}`, values: readonly (string | number)[]): SqlText {
  return values.length === 0 ? NEVER : sqlText`${sqlConstant(column)} in (${sqlValues(values)})`;
}

/** With more ids than this, binding one parameter each is slower than the lookup. */
const HANDED_OVER = 8;

/** The same for ids of our own rows, which may be very many: they are written into the text. */
export function oneOfIds(column: Column | `+${Column}`, ids: readonly number[]): SqlText {
  return ids.length <= HANDED_OVER ? oneOf(column, ids) : sqlText`${sqlConstant(column)} in (${sqlIntegers(ids, { max: LARGEST_ID })})`;
}

export function allOf(conditions: readonly Condition[]): SqlText {
  return conditions.length === 0 ? ALWAYS : sqlText`(${joinTexts(conditions, ' and ')})`;
}

export function anyOf(conditions: readonly Condition[]): SqlText {
  return conditions.length === 0 ? NEVER : sqlText`(${joinTexts(conditions, ' or ')})`;
}

/** Longer than every searched text; SQLite refuses patterns above 50,000 bytes. */
const LONGEST_SEARCH = 12_000;

/** Case-insensitive "contains" over a column in lower case; `%`, `_` and `\` in the text are literal. */
export function contains(column: Column, text: string): SqlText {
  const named = sqlConstant(column);
  // Without a whole trigram, a trigram index would be scanned completely.
  return containsText([...searchForm(text)].length < 3 ? sqlText`(${named} || '')` : named, text);
}

/** The same over any expression in lower case. */
export function containsText(searched: SqlText, text: string): SqlText {
  // No text contains NUL, and Postgres refuses it as a parameter.
  if (text.length > LONGEST_SEARCH || text.includes('\0')) return NEVER;
  const pattern = `%${searchForm(text).replace(/[\\%_]/g, '\\$&')}%`;
  // A bare parameter would make SQLite plan the statement again for each value.
  return sqlText`${searched} like (${pattern} || '') escape '\\'`;
}
