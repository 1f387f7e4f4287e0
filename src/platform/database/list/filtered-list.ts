import { isSqlite } from '../database.js';
import type { Reads } from '../read/reads.js';
import { sqlConstant, sqlText } from '../sql-text.js';
import { allOf, type Condition } from './conditions.js';
import { type IndexWalk, type ListStatement, wholeRows } from './read-page.js';
import { type Candidates, mostSelective } from './selectivity.js';

/** A list of one table that is read along an index in its order. */
export interface FilteredList {
  walk: Pick<IndexWalk, 'table' | 'alias' | 'where' | 'order'>;
  /** What the rows meet, beside the condition of the index scan. It uses no index, see `unindexed`. */
  conditions: readonly Condition[];
  /** Selects of ids that include those of all rows, by an index each. */
  candidates: readonly Pick<Candidates<'ids'>, 'ids' | 'areSearched'>[];
}

/**
 * A column in a form that SQLite uses no index of it, as it knows averages only: a common value would lead it away from the order of
 * the list. Postgres knows the values, and gets the bare column.
 */
export function unindexed<C extends string>(em: Reads, column: C): C | `+${C}` {
  return isSqlite(em) ? `+${column}` : column;
}

/** How to read such a list: by the few ids that one candidate leaves, else along the index. Both give the same rows. */
export async function filteredList(em: Reads, { walk, conditions, candidates }: FilteredList): Promise<Pick<ListStatement, 'from' | 'where' | 'walk'>> {
  const few = isSqlite(em) ? await mostSelective(em, candidates.map((one) => ({ kind: 'ids', ...one }) satisfies Candidates<'ids'>)) : null;
  const where = allOf([walk.where, ...conditions]);
  if (few === null) return { from: walk.table, where, walk: wholeRows(walk) };
  return { from: sqlText`(select distinct w.id from (${few.ids}) w) w cross join ${walk.table}`, where: allOf([sqlText`${sqlConstant(walk.order.id)} = w.id`, where]) };
}
