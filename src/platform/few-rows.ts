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
 * Which of the candidates are few, the fewest of all; null when none is. Looks no further than few of each. SQLite needs to
 * be told, as its planner knows averages only. The ids of the answer are those found, so that nothing is searched for twice.
 */
export async function fewestOf<K extends string>(em: SqlEntityManager, candidates: readonly Candidates<K>[]): Promise<Candidates<K> | null> {
  if (candidates.length === 0) return null;
  const lists = candidates.map(
    ({ ids, most = FEW_ROWS }, at) => sql`(select json_group_array(id) from (select id from (${ids}) limit ${most + 1})) as ${sql.ref(`c${at}`)}`,
  );
  const { rows } = await sql<Record<string, string>>`select ${sql.join(lists)}`.execute(statements(em));
  let fewest: { kind: K; list: string; count: number } | null = null;
  for (const [at, { kind, most = FEW_ROWS }] of candidates.entries()) {
    const list = rows[0]?.[`c${at}`] ?? '[]';
    const count = list === '[]' ? 0 : list.split(',').length;
    if (count <= most && count < (fewest?.count ?? Infinity)) fewest = { kind, list, count };
  }
  return fewest === null ? null : { kind: fewest.kind, ids: sql`select value from json_each(${fewest.list})` };
}
