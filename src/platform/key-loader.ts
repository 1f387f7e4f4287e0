import DataLoader from 'dataloader';
import { anyOf, type Condition, oneOf } from './conditions.js';

/** One of the unique fields of a type, and the value looked for. */
export interface Key<F extends string> {
  field: F;
  value: string;
}

/** No row has such a key: longer than any column, or with characters that no name may have and Postgres cannot take. */
function isKeyText(value: string): boolean {
  return value.length <= 256 && !/\p{Cc}|\p{Cs}/u.test(value);
}

/**
 * Finds rows by any of their unique fields, whose columns are given, in one statement per batch; null where `find`, which
 * keeps to what the viewer sees, finds none.
 */
export function keyLoader<T extends { [K in F]: string }, F extends string>(
  columns: Readonly<Record<F, string>>,
  find: (where: Condition) => Promise<T[]>,
): DataLoader<Key<F>, T | null, string> {
  const fields = Object.keys(columns) as F[];
  const batch = async (keys: readonly Key<F>[]): Promise<(T | null)[]> => {
    const possible = keys.filter(({ value }) => isKeyText(value));
    const asked = fields.map((field) => ({ column: columns[field], values: possible.filter((key) => key.field === field).map((key) => key.value) }));
    const conditions = asked.filter(({ values }) => values.length > 0).map(({ column, values }) => oneOf(column, values));
    const rows = conditions.length === 0 ? [] : await find(anyOf(conditions));
    const found = new Map(rows.flatMap((row) => fields.map((field): [string, T] => [`${field} ${row[field]}`, row])));
    return keys.map(({ field, value }) => found.get(`${field} ${value}`) ?? null);
  };
  return new DataLoader(batch, { cacheKeyFn: ({ field, value }) => `${field} ${value}` });
}
