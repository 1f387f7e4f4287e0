import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlEntityManager } from '../platform/database.js';
import { amongIds, readRows } from '../platform/read-rows.js';
import { plainText, sqlText } from '../platform/sql-text.js';

/** Names kept in memory, some 10 MB. */
const MOST_NAMES = 100_000;
/** After so many that were not known, all others are read once and for all. */
const MANY_UNKNOWN = 1000;
/** Of those, what is read before everybody else has a turn: a millisecond or two. */
const NAMES_PER_STEP = 1000;

type NameRow = [id: number, username: string];

interface Names {
  byId: Map<number, string>;
  unknown: number;
}
const known = new WeakMap<object, Names>();

function keep({ byId }: Names, rows: readonly NameRow[]): void {
  for (const [id, username] of rows) byId.set(id, username);
  // The oldest go first.
  for (const id of byId.keys()) {
    if (byId.size <= MOST_NAMES) return;
    byId.delete(id);
  }
}

async function keepAll(em: SqlEntityManager, names: Names): Promise<void> {
  let last = 0;
  for (let read = 0; read < MOST_NAMES; read += NAMES_PER_STEP) {
    const text = sqlText`select u.id, u.username from user_account u where u.id > ${last} order by u.id limit ${plainText(String(NAMES_PER_STEP))}`;
    const rows = await readRows<NameRow>(em, text, true);
    keep(names, rows);
    last = rows.at(-1)?.[0] ?? last;
    if (rows.length < NAMES_PER_STEP) return;
    await nextTurn();
  }
}

/**
 * The names of these users. A name is remembered for good: it never changes, and accounts are never deleted. What only a
 * transaction has seen so far is not remembered.
 */
export async function usernames(em: SqlEntityManager, ids: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const driver = em.getDriver();
  let names = known.get(driver);
  if (names === undefined) known.set(driver, (names = { byId: new Map(), unknown: 0 }));
  const { byId } = names;
  const missing = new Set<number>();
  for (const id of ids) if (!byId.has(id)) missing.add(id);
  if (missing.size === 0) return byId;
  const text = sqlText`select u.id, u.username from user_account u where ${amongIds(em, 'u.id', [...missing])}`;
  const rows = await readRows<NameRow>(em, text, true);
  if (em.isInTransaction()) return new Map([...byId, ...rows]);
  const found = new Map([...ids].map((id) => [id, byId.get(id)] as const).filter((entry): entry is [number, string] => entry[1] !== undefined));
  keep(names, rows);
  for (const [id, username] of rows) found.set(id, username);
  const isEnough = names.unknown < MANY_UNKNOWN && names.unknown + rows.length >= MANY_UNKNOWN;
  names.unknown += rows.length;
  // Whoever asks meanwhile, or after it failed, reads what is missing as before.
  if (isEnough) void keepAll(em.fork(), names).catch(() => undefined);
  return found;
}
