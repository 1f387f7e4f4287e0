import { isSqlite } from '../../platform/database/database.js';
import { amongIds, listed, readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';

/** Names kept in memory, some 20 MB. */
const MOST_NAMES = 200_000;
/** With a name come those of its neighbours, which lie in the same place of the table, while there is room for twice as many. */
const NEIGHBOURS = 32;
/** The way to Postgres costs more than many a row. */
const NEIGHBOURS_ON_POSTGRES = 128;
const known = new WeakMap<object, Map<number, string>>();

function statementFor(em: Reads, missing: ReadonlySet<number>, kept: number): SqlText {
  if (kept > MOST_NAMES / 2) return sqlText`select u.id, u.username from user_account u where ${amongIds(em, 'u.id', [...missing])}`;
  const neighbours = isSqlite(em) ? NEIGHBOURS : NEIGHBOURS_ON_POSTGRES;
  const firsts = [...new Set([...missing].map((id) => id - (id % neighbours)))];
  return sqlText`select u.id, u.username from (${listed(em, firsts)}) f cross join user_account u
    where u.id >= f.id and u.id < f.id + ${sqlInteger(neighbours, { max: NEIGHBOURS_ON_POSTGRES })}`;
}

/**
 * The names of these users. A name is remembered for good: it never changes, and accounts are never deleted. What only a
 * transaction has seen so far is not remembered.
 */
export async function usernames(em: Reads, ids: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const driver = em.getDriver();
  let names = known.get(driver);
  if (names === undefined) known.set(driver, (names = new Map()));
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
