import type { SqlEntityManager } from './database.js';
import { readRows } from './read-rows.js';
import { joinTexts, plainText, type SqlText, sqlText } from './sql-text.js';

/** Rows that are looked up and put in order one by one rather than met while walking along the order of a list. */
export const FEW_ROWS = 2000;

/** Ids of rows, `id`, that a list cannot go beyond; `most` is how many of them are still few. */
export interface Candidates<K extends string> {
  kind: K;
  ids: SqlText;
  most?: number;
}

/** How long an outcome is taken for true: any choice gives the same rows, one of them sooner. */
const REMEMBERED_MS = 5000;
const MOST_REMEMBERED = 2000;
const remembered = new WeakMap<object, Map<string, { counts: number[]; readAt: number }>>();

/** Numbers in one row, read now and then only: for choices that are right with old ones as well. */
export async function countsOf(em: SqlEntityManager, statement: SqlText): Promise<number[]> {
  const driver = em.getDriver();
  let known = remembered.get(driver);
  if (known === undefined) remembered.set(driver, (known = new Map()));
  const key = `${statement.text}${JSON.stringify(statement.values)}`;
  const before = known.get(key);
  if (before !== undefined && Date.now() - before.readAt < REMEMBERED_MS) return before.counts;
  const [counts = []] = await readRows<number[]>(em, statement);
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(key, { counts, readAt: Date.now() });
  return counts;
}

/**
 * Which of the candidates are few, the fewest of all; null when none is. Counts no further than few of each, and now and then
 * only. SQLite needs to be told, as its planner knows averages only.
 */
export async function fewestOf<K extends string>(em: SqlEntityManager, candidates: readonly Candidates<K>[]): Promise<Candidates<K> | null> {
  if (candidates.length === 0) return null;
  const counts = candidates.map(({ ids, most = FEW_ROWS }, at) => sqlText`(select count(*) from (${ids} limit ${plainText(String(most + 1))})) as ${plainText(`c${at}`)}`);
  const found = await countsOf(em, sqlText`select ${joinTexts(counts, ', ')}`);
  let fewest: { candidate: Candidates<K>; count: number } | null = null;
  candidates.forEach((candidate, at) => {
    const count = found[at] ?? Infinity;
    if (count <= (candidate.most ?? FEW_ROWS) && count < (fewest?.count ?? Infinity)) fewest = { candidate, count };
  });
  return (fewest as { candidate: Candidates<K> } | null)?.candidate ?? null;
}
