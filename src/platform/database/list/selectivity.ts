import { BoundedCache } from '../../memory/bounded-cache.js';
import { WeakMemo } from '../../memory/weak-memo.js';
import { listed, type ReadOptions, readRows } from '../read/read-rows.js';
import type { Reads } from '../read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';

/** Above this many candidates, scan the ordered index instead of sorting them. */
export const SELECTIVE_ROWS = 2000;

/** With fewer rows than this, no other candidate is counted. */
const VERY_FEW = 50;

/** The most rows that any candidate is counted to. */
const MOST_COUNTED = 1_000_000;

/** A select of ids, `id`, that contains every row of a list; selective up to `most` ids. */
export interface Candidates<K extends string> {
  kind: K;
  ids: SqlText;
  most?: number;
  /** Finding the ids is slower than reading their rows: they are selected once and passed on as a list. */
  areSearched?: boolean;
  /** An index finds the ids, so counting a few of them is no heavy read. */
  isIndexed?: boolean;
}

/** Lifetime of an estimate. A wrong one costs time only: every access path gives the same rows. */
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

/** Numbers of one row, cached for `ESTIMATE_TTL_MS`: for choices that stay correct with old numbers. */
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

/** Caches only that there are too many ids, never the ids. */
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
 * The candidate with the fewest rows; null when none is selective. Counts each only up to its bound, and caches the counts. SQLite's
 * planner needs this, as it knows averages only.
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
