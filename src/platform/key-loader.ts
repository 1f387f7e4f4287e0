import { anyOf, type Condition, oneOf } from './conditions.js';
import { Loader } from './loader.js';

/** One of the unique fields of a type, and the value looked for. */
export interface Key<F extends string> {
  field: F;
  value: string;
}

/** No row has such a key: longer than any column, or with characters that no name may have and Postgres cannot take. */
function isKeyText(value: string): boolean {
  // Nearly all are of these characters alone, and looked at ten times as quickly.
  if (/^[\w.-]{1,256}$/.test(value)) return true;
  return value.length <= 256 && !/\p{Cc}|\p{Cs}/u.test(value);
}

/**
 * Finds rows by any of their unique fields, whose columns are given, in one statement; null where `find`, which keeps to what
 * the viewer sees, finds none.
 */
export function keyBatch<T extends { [K in F]: string }, F extends string>(
  columns: Readonly<Record<F, string>>,
  find: (where: Condition) => Promise<T[]>,
): (keys: readonly Key<F>[]) => Promise<(T | null)[]> {
  const fields = Object.keys(columns) as F[];
  return async (keys: readonly Key<F>[]): Promise<(T | null)[]> => {
    const possible = keys.filter(({ value }) => isKeyText(value));
    const asked = fields.map((field) => ({ field, column: columns[field], values: possible.filter((key) => key.field === field).map((key) => key.value) }));
    const conditions = asked.filter(({ values }) => values.length > 0).map(({ column, values }) => oneOf(column, values));
    const rows = conditions.length === 0 ? [] : await find(anyOf(conditions));
    const found = new Map<string, T>();
    for (const field of fields) {
      if (asked.some((one) => one.field === field && one.values.length > 0)) for (const row of rows) found.set(`${field} ${row[field]}`, row);
    }
    return keys.map(({ field, value }) => found.get(`${field} ${value}`) ?? null);
  };
}

/** The same for keys that come one by one, gathered into one statement per batch. */
export function keyLoader<T extends { [K in F]: string }, F extends string>(
  columns: Readonly<Record<F, string>>,
  find: (where: Condition) => Promise<T[]>,
): Loader<Key<F>, T | null, string> {
  return new Loader(keyBatch(columns, find), { cacheKeyFn: ({ field, value }) => `${field} ${value}` });
}
