import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import { WeakMemo } from '../../platform/memory/weak-memo.js';
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
const caches = new WeakMemo<object, BoundedCache<number, string>>();

function newCache(): BoundedCache<number, string> {
  return new BoundedCache({ max: MOST_NAMES });
}

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
  const cache = caches.getOrCompute(em.getDriver(), newCache);
  const names = new Map<number, string>();
  const missing = new Set<number>();
  for (const id of ids) {
    const name = cache.get(id);
    if (name === undefined) missing.add(id);
    else names.set(id, name);
  }
  if (missing.size === 0) return names;
  const rows = await readRows<[id: number, username: string]>(em, statementFor(em, missing, cache.size), { steady: true });
  for (const [id, username] of rows) {
    names.set(id, username);
    if (!em.isInTransaction()) cache.set(id, username);
  }
  return names;
}
