import { isSqlite } from '../../platform/database/database.js';
import { amongIds, listed, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';

/** Names in the cache, some 20 MB. */
const MOST_NAMES = 200_000;
/** Read the names of neighbouring ids as well, which are on the same page of the table, while the cache is less than half full. */
const NEIGHBOURS = 32;
/** A round trip to Postgres costs more than many rows. */
const NEIGHBOURS_ON_POSTGRES = 128;
/** Id -> username, per database driver. */
const caches = new WeakMap<object, Map<number, string>>();

function statementFor(em: Reads, missing: ReadonlySet<number>, cached: number): SqlText {
  if (cached > MOST_NAMES / 2) return sqlText`select u.id, u.username from user_account u where ${amongIds(em, 'u.id', [...missing])}`;
  const neighbours = isSqlite(em) ? NEIGHBOURS : NEIGHBOURS_ON_POSTGRES;
  const firsts = [...new Set([...missing].map((id) => id - (id % neighbours)))];
  return sqlText`select u.id, u.username from (${listed(em, firsts)}) f cross join user_account u
    where u.id >= f.id and u.id < f.id + ${sqlInteger(neighbours, { max: NEIGHBOURS_ON_POSTGRES })}`;
}

/**
 * The usernames of these users. The cache has no lifetime: a username never changes, and accounts are never deleted. Names that
 * an uncommitted transaction has read do not enter it.
 */
export async function usernames(em: Reads, ids: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const driver = em.getDriver();
  let names = caches.get(driver);
  if (names === undefined) caches.set(driver, (names = new Map()));
  const missing = new Set<number>();
  for (const id of ids) if (!names.has(id)) missing.add(id);
  if (missing.size === 0) return names;
  const rows = await readRows<[id: number, username: string]>(em, statementFor(em, missing, names.size), { steady: true });
  if (em.isInTransaction()) return new Map([...names, ...rows]);
  const found = new Map([...ids].map((id) => [id, names.get(id)] as const).filter((entry): entry is [number, string] => entry[1] !== undefined));
  if (names.size + rows.length > MOST_NAMES) names.clear();
  for (const [id, username] of rows) {
    names.set(id, username);
    found.set(id, username);
  }
  return found;
}
