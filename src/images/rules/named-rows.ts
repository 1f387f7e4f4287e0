import { isSqlite } from '../../platform/database/database.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';

/** Gathers the column `name` of the rows `x` into one JSON list, in the order of the rows. */
export function jsonNames(em: Reads): SqlText {
  return isSqlite(em) ? sqlText`json_group_array(x.name)` : sqlText`cast(json_agg(x.name) as text)`;
}

/** Runs a statement whose rows are a key and a list of `jsonNames`. */
export async function readNames<K extends string | number>(em: Reads, text: SqlText): Promise<Map<K, string[]>> {
  const rows = await readRows<[key: K, names: string | null]>(em, text, { heavy: true });
  return new Map(rows.map(([key, names]) => [key, names === null ? [] : (JSON.parse(names) as string[])])); // names are texts
}
