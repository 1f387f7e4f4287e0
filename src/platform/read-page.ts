import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import { allOf, type Condition } from './conditions.js';
import { type SqlEntityManager, statements } from './database.js';
import { type KeysetOrder, keysetConditions, keysetOrderBy } from './keyset.js';
import { buildConnection, type Connection, type CursorKey, type PageRequest } from './page.js';
import type { ConnectionSelection } from './selection.js';

/** A list as one statement: what to select, from where, and which rows there are at all. */
export interface ListStatement {
  /** Everything between `select` and `from`. */
  columns: RawBuilder<unknown>;
  /** Everything between `from` and `where`: tables with their fixed aliases, and to-one joins. */
  from: RawBuilder<unknown>;
  where: Condition;
  order: KeysetOrder;
}

/**
 * Reads one page and, only if asked for, the count of all: two statements at most, whatever the page holds. `keyOf` gives
 * the cursor of a row in this order.
 */
export async function readList<R, T>(
  em: SqlEntityManager,
  list: ListStatement,
  page: PageRequest,
  selection: ConnectionSelection,
  map: { keyOf: (row: R) => CursorKey; nodesOf: (rows: readonly R[]) => Promise<Map<R, T>> },
): Promise<Connection<T>> {
  const rows = selection.items ? await readRows<R>(em, list, page) : [];
  const totalCount = selection.totalCount ? await countRows(em, list) : Number.NaN;
  const nodes = await map.nodesOf(rows.slice(0, page.limit));
  const nodeOf = (row: R): T => {
    const node = nodes.get(row);
    if (node === undefined) throw new Error('A row of the page has no node.');
    return node;
  };
  return buildConnection(rows, page, map.keyOf, nodeOf, totalCount);
}

async function readRows<R>(em: SqlEntityManager, list: ListStatement, page: PageRequest): Promise<R[]> {
  const where = allOf([list.where, ...keysetConditions(page, list.order)]);
  const statement = sql<R>`select ${list.columns} from ${list.from} where ${where}
    order by ${keysetOrderBy(page, list.order)} limit ${page.limit + 1}`;
  return (await statement.execute(statements(em))).rows;
}

async function countRows(em: SqlEntityManager, list: ListStatement): Promise<number> {
  const statement = sql<{ total: number | string }>`select count(*) as total from ${list.from} where ${list.where}`;
  return Number((await statement.execute(statements(em))).rows[0]?.total ?? 0);
}
