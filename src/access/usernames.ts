import type { SqlEntityManager } from '../platform/database.js';
import { amongIds, readRows } from '../platform/read-rows.js';
import { sqlText } from '../platform/sql-text.js';

/** Names kept in memory, some 10 MB. */
const MOST_NAMES = 100_000;
const known = new WeakMap<object, Map<number, string>>();

/**
 * The names of these users. A name is remembered for good: it never changes, and accounts are never deleted. What only a
 * transaction has seen so far is not remembered.
 */
export async function usernames(em: SqlEntityManager, ids: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const driver = em.getDriver();
  let names = known.get(driver);
  if (names === undefined) known.set(driver, (names = new Map()));
  const missing = new Set<number>();
  for (const id of ids) if (!names.has(id)) missing.add(id);
  if (missing.size === 0) return names;
  const text = sqlText`select u.id, u.username from user_account u where ${amongIds(em, 'u.id', [...missing])}`;
  const rows = await readRows<[id: number, username: string]>(em, text, true);
  if (em.isInTransaction()) return new Map([...names, ...rows]);
  const found = new Map([...ids].map((id) => [id, names.get(id)] as const).filter((entry): entry is [number, string] => entry[1] !== undefined));
  if (names.size + rows.length > MOST_NAMES) names.clear();
  for (const [id, username] of rows) {
    names.set(id, username);
    found.set(id, username);
  }
  return found;
}
