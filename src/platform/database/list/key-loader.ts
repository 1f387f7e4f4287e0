import type { Column } from '../columns.js';
import { anyOf, type Condition, oneOf } from './conditions.js';
import { Loader } from '../../graphql/loader.js';

/** A unique field of a type, and the wanted value: a number for the id of a row. */
export interface Key<F extends string> {
  field: F;
  value: string | number;
}

/** A key that no row can have: too long, or with characters that names must not contain and Postgres refuses. */
function isKeyValue(value: string | number): boolean {
  if (typeof value === 'number') return true;
  // Fast path: nearly all keys have only these characters, which are checked ten times faster.
  if (/^[\w.-]{1,256}$/.test(value)) return true;
  return value.length <= 256 && !/\p{Cc}|\p{Cs}/u.test(value);
}

/**
 * Finds rows by any of their unique fields, whose columns are given, in one statement; null where `find`, which keeps to what
 * the viewer sees, finds none.
 */
export function keyBatch<T extends { [K in F]: string | number }, F extends string>(
  columns: Readonly<Record<F, Column>>,
  find: (where: Condition) => Promise<T[]>,
): (keys: readonly Key<F>[]) => Promise<(T | null)[]> {
  return async (keys: readonly Key<F>[]): Promise<(T | null)[]> => {
    const asked = new Map<F, (string | number)[]>();
    for (const { field, value } of keys) {
      if (!isKeyValue(value)) continue;
      const values = asked.get(field);
      if (values === undefined) asked.set(field, [value]);
      else values.push(value);
    }
    const conditions = [...asked].map(([field, values]) => oneOf(columns[field], values));
    const rows = conditions.length === 0 ? [] : await find(anyOf(conditions));
    const found = new Map<F, Map<string | number, T>>();
    for (const field of asked.keys()) found.set(field, new Map(rows.map((row) => [row[field], row] as const)));
    return keys.map(({ field, value }) => found.get(field)?.get(value) ?? null);
  };
}

/** The same for keys that come one by one, gathered into one statement per batch. */
export function keyLoader<T extends { [K in F]: string | number }, F extends string>(
  columns: Readonly<Record<F, Column>>,
  find: (where: Condition) => Promise<T[]>,
): Loader<Key<F>, T | null, string> {
  return new Loader(keyBatch(columns, find), { cacheKeyFn: ({ field, value }) => `${field} ${value}` });
}

/** Finds rows by id, in one statement per batch; null where `find`, which keeps to what the viewer sees, finds none. */
export function idLoader<T extends { id: number }>(find: (ids: readonly number[]) => Promise<T[]>): Loader<number, T | null> {
  return new Loader(async (ids) => {
    const found = new Map((await find(ids)).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  });
}
