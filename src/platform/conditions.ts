import { joinTexts, plainText, sqlIntegers, SqlText, sqlText } from './sql-text.js';
import { LARGEST_ID } from './tables.js';
import type { RawBuilder, SqlBool } from 'kysely';

/** A condition as a fragment of a statement; aliases are fixed per table: `i` image, `d` datacenter, `s` server, `t` task. */
export type Condition = SqlText | RawBuilder<SqlBool>;

export const ALWAYS = plainText('1 = 1');
export const NEVER = plainText('1 = 0');

/** Column is one of the values; never true for an empty list. `column` is written by us, never by a caller. */
export function oneOf(column: string, values: readonly (string | number)[]): SqlText {
  if (values.length === 0) return NEVER;
  return new SqlText(`${column} in (${'?, '.repeat(values.length - 1)}?)`, values);
}

/** Of more ids than these, each a parameter, handing them over takes longer than finding a row among them. */
const HANDED_OVER = 8;

/** The same for ids of our own rows, of which there may be very many: these are a part of the text. */
export function oneOfIds(column: string, ids: readonly number[]): SqlText {
  return ids.length <= HANDED_OVER ? oneOf(column, ids) : sqlText`${plainText(column)} in (${sqlIntegers(ids, { max: LARGEST_ID })})`;
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
export function contains(column: string, text: string): SqlText {
  // No text has a NUL, and Postgres refuses the question.
  if (text.length > LONGEST_SEARCH || text.includes('\0')) return NEVER;
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  // Without a whole trigram, an index of trigrams would be read from end to end.
  const searched = plainText([...text].length < 3 ? `(${column} || '')` : column);
  // A parameter by itself would make SQLite plan the statement anew for each value of it.
  return sqlText`${searched} like (${pattern} || '') escape '\\'`;
}
