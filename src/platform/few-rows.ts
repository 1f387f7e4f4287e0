import { type RawBuilder, sql } from 'kysely';
import { type SqlEntityManager, statements } from './database.js';

/** Rows that are looked up and put in order one by one rather than met while walking along the order of a list. */
export const FEW_ROWS = 2000;

/** Ids of rows, `id`, that a list cannot go beyond; `most` is how many of them are still few. */
export interface Candidates<K extends string> {
  kind: K;
  ids: RawBuilder<unknown>;
  most?: number;
}

/**
 * Which of the candidates are few, the fewest of all; null when none is. Counts no further than few of each. SQLite needs to
 * be told, as its planner knows averages only.
 */
export async function fewestOf<K extends string>(em: SqlEntityManager, candidates: readonly Candidates<K>[]): Promise<Candidates<K> | null> {
  if (candidates.length === 0) return null;
  const counts = candidates.map(({ ids, most = FEW_ROWS }, at) => sql`(select count(*) from (${ids} limit ${most + 1})) as ${sql.ref(`c${at}`)}`);
  const { rows } = await sql<Record<string, number>>`select ${sql.join(counts)}`.execute(statements(em));
  let fewest: { candidate: Candidates<K>; count: number } | null = null;
  candidates.forEach((candidate, at) => {
    const count = rows[0]?.[`c${at}`] ?? Infinity;
    if (count <= (candidate.most ?? FEW_ROWS) && count < (fewest?.count ?? Infinity)) fewest = { candidate, count };
  });
  return (fewest as { candidate: Candidates<K> } | null)?.candidate ?? null;
}
