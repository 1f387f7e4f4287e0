import { BoundedCache } from '../../memory/bounded-cache.js';
import { WeakMemo } from '../../memory/weak-memo.js';
import { listed, type ReadOptions, readRows } from '../read/read-rows.js';
import type { Reads } from '../read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';

/** Rows that are looked up and put in order one by one rather than met while walking along the order of a list. */
export const SELECTIVE_ROWS = 2000;

/** Fewer are few enough: no other candidate is counted. */
const VERY_FEW = 50;

/** No candidate is counted any further, whatever it says is few. */
const MOST_COUNTED = 1_000_000;

/** Ids of rows, `id`, that a list cannot go beyond; `most` is how many of them are still few. */
export interface Candidates<K extends string> {
  kind: K;
  ids: SqlText;
  most?: number;
  /** Finding them takes longer than reading them: they are found once, and handed on as a list. */
  areSearched?: boolean;
  /** The beginning of an index, so that counting a few of them is no heavy read. */
  isIndexed?: boolean;
}

/** How long an outcome is taken for true: any choice gives the same rows, one of them sooner. */
export const ESTIMATE_TTL_MS = 5000;
const MOST_ESTIMATES = 2000;
/** Estimates by the text and values of their statement, per driver. */
const estimates = new WeakMemo<object, BoundedCache<string, number[]>>();

function estimatesOf(em: Reads): BoundedCache<string, number[]> {
  return estimates.getOrCompute(em.getDriver(), () => new BoundedCache({ max: MOST_ESTIMATES, ttlMs: ESTIMATE_TTL_MS }));
}

function keyOf({ text, values }: SqlText): string {
  return text + JSON.stringify(values);
}

/** Numbers in one row, read now and then only: for choices that are right with old ones as well. */
export async function cachedCounts(em: Reads, statement: SqlText, options: ReadOptions): Promise<number[]> {
  const key = keyOf(statement);
  const cached = estimatesOf(em).get(key);
  if (cached !== undefined) return cached;
  const [counts = []] = await readRows<number[]>(em, statement, options);
  estimatesOf(em).set(key, counts);
  return counts;
}

function upTo(ids: SqlText, most: number): SqlText {
  return sqlText`${ids} limit ${sqlInteger(most + 1, { max: MOST_COUNTED })}`;
}

interface Counted<K extends string> {
  candidate: Candidates<K>;
  count: number;
}

/** What is found is never remembered, only that it is much. */
async function search<K extends string>(em: Reads, candidate: Candidates<K>, most: number): Promise<Counted<K>> {
  const statement = upTo(candidate.ids, most);
  const key = keyOf(statement);
  if (estimatesOf(em).has(key)) return { candidate, count: Infinity };
  const rows = await readRows<[number]>(em, statement, { heavy: candidate.isIndexed !== true });
  if (rows.length > most) estimatesOf(em).set(key, [rows.length]);
  return { candidate: { ...candidate, ids: listed(em, rows.map(([id]) => id)) }, count: rows.length };
}

async function countUpTo(em: Reads, { ids, isIndexed }: Candidates<string>, most: number): Promise<number> {
  const [count = Infinity] = await cachedCounts(em, sqlText`select count(*) as found from (${upTo(ids, most)}) w`, { heavy: isIndexed !== true });
  return count;
}

async function countOf<K extends string>(em: Reads, candidate: Candidates<K>): Promise<Counted<K>> {
  const { most = SELECTIVE_ROWS, areSearched } = candidate;
  const counted = areSearched ? await search(em, candidate, most) : { candidate, count: await countUpTo(em, candidate, most) };
  return counted.count > most ? { candidate, count: Infinity } : counted;
}

/**
 * Which of the candidates are few, the fewest of all; null when none is. Counts no further than few of each, and now and then
 * only. SQLite needs to be told, as its planner knows averages only.
 */
export async function mostSelective<K extends string>(em: Reads, candidates: readonly Candidates<K>[]): Promise<Candidates<K> | null> {
  let fewest: Counted<K> | null = null;
  for (const candidate of candidates) {
    const counted = await countOf(em, candidate);
    if (counted.count < (fewest?.count ?? Infinity)) fewest = counted;
    if (fewest !== null && fewest.count <= VERY_FEW) break;
  }
  return fewest?.candidate ?? null;
}
