import type { Column } from '../columns.js';
import { joinTexts, sqlConstant, sqlIntegers, type SqlText, sqlText, sqlValues } from '../sql-text.js';
import { LARGEST_ID } from '../tables.js';

/** A condition as a fragment of a statement; for the aliases of tables, see `Column`. */
export type Condition = SqlText;

export const ALWAYS = sqlText`1 = 1`;
export const NEVER = sqlText`1 = 0`;

/** Column is one of the values; never true for an empty list. The plus keeps the planner of SQLite from an index of the column. */
export function oneOf(column: Column | `+${Column}`, values: readonly (string | number)[]): SqlText {
  return values.length === 0 ? NEVER : sqlText`${sqlConstant(column)} in (${sqlValues(values)})`;
}

/** Of more ids than these, each a parameter, handing them over takes longer than finding a row among them. */
const HANDED_OVER = 8;

/** The same for ids of our own rows, of which there may be very many: these are a part of the text. */
export function oneOfIds(column: Column | `+${Column}`, ids: readonly number[]): SqlText {
  return ids.length <= HANDED_OVER ? oneOf(column, ids) : sqlText`${sqlConstant(column)} in (${sqlIntegers(ids, { max: LARGEST_ID })})`;
}

export function allOf(conditions: readonly Condition[]): SqlText {
  return conditions.length === 0 ? ALWAYS : sqlText`(${joinTexts(conditions, ' and ')})`;
}

export function anyOf(conditions: readonly Condition[]): SqlText {
  return conditions.length === 0 ? NEVER : sqlText`(${joinTexts(conditions, ' or ')})`;
}

/** Longer than every text that is searched; SQLite refuses a pattern of more than 50,000 bytes. */
const LONGEST_SEARCH = 12_000;

/** Case-insensitive "contains" over a column that is kept in lower case; `%`, `_` and `\` in the text mean themselves. */
export function contains(column: Column, text: string): SqlText {
  // No text has a NUL, and Postgres refuses the question.
  if (text.length > LONGEST_SEARCH || text.includes('\0')) return NEVER;
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const named = sqlConstant(column);
  // Without a whole trigram, an index of trigrams would be read from end to end.
  const searched = [...text].length < 3 ? sqlText`(${named} || '')` : named;
  // A parameter by itself would make SQLite plan the statement anew for each value of it.
  return sqlText`${searched} like (${pattern} || '') escape '\\'`;
}
