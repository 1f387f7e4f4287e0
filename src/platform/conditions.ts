import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** A condition as a fragment of a statement; aliases are fixed per table: `i` image, `d` datacenter, `s` server, `t` task. */
export type Condition = RawBuilder<SqlBool>;

export const ALWAYS: Condition = sql<SqlBool>`1 = 1`;
export const NEVER: Condition = sql<SqlBool>`1 = 0`;

/** Column is one of the values; never true for an empty list. `column` is written by us, never by a caller. */
export function oneOf(column: string, values: readonly (string | number)[]): Condition {
  return values.length === 0 ? NEVER : sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`;
}

export function allOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? ALWAYS : sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}

export function anyOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? NEVER : sql<SqlBool>`(${sql.join(conditions, sql` or `)})`;
}

/** Longer than every text that is searched; SQLite refuses a pattern of more than 50,000 bytes. */
const LONGEST_SEARCH = 12_000;

/** Case-insensitive "contains" over a column that is kept in lower case; `%`, `_` and `\` in the text mean themselves. */
export function contains(column: string, text: string): Condition {
  // No text has a NUL, and Postgres refuses the question.
  if (text.length > LONGEST_SEARCH || text.includes('\0')) return NEVER;
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  // Without a whole trigram, an index of trigrams would be read from end to end.
  const searched = [...text].length < 3 ? sql`(${sql.ref(column)} || '')` : sql.ref(column);
  return sql<SqlBool>`${searched} like ${pattern} escape '\\'`;
}
