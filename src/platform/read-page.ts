import { allOf, type Condition } from './conditions.js';
import type { SqlEntityManager } from './database.js';
import { type KeysetOrder, keysetConditions, keysetOrderBy } from './keyset.js';
import { buildConnection, type Connection, type CursorKey, keptRows, LARGEST_PAGE, type PageRequest } from './page.js';
import { readObjects, readRows } from './read-rows.js';
import { sqlInteger, type SqlText, sqlText } from './sql-text.js';
import type { ConnectionSelection } from './selection.js';

/** A list as one statement: what to select, from where, and which rows there are at all. */
export interface ListStatement {
  /** Everything between `select` and `from`. */
  columns: SqlText;
  /** Everything between `from` and `where`: tables with their fixed aliases, and to-one joins. */
  from: SqlText;
  where: Condition;
  order: KeysetOrder;
  /** Every page of it is best read in the same way, whatever the values: see `PostgresReader`. */
  steady?: boolean;
  /** The same tables without those that only bring columns, for the count; `from` where it is left out. */
  counted?: SqlText;
  /** Statements of its pages without a cursor, for a list that is kept as it is: joining one takes a tenth of what reading 50 rows does. */
  firstPages?: Map<string, SqlText>;
}

/** More would only be an attacker's. */
const MOST_FIRST_PAGES = 20;

/** How the rows of a list become its items. */
export interface RowMap<R, T> {
  /** The cursor of a row in this order. */
  keyOf: (row: R) => CursorKey;
  /** Items in the order of the rows. */
  nodesOf: (rows: readonly R[]) => Promise<T[]> | T[];
}

/**
 * Reads one page and, only if asked for, the count of all: two statements at most, whatever the page holds. Rows are
 * objects.
 */
export async function readList<R extends object, T>(
  em: SqlEntityManager,
  list: ListStatement,
  page: PageRequest,
  selection: ConnectionSelection,
  map: { keyOf: RowMap<R, T>['keyOf']; nodesOf: (rows: readonly R[]) => Promise<Map<R, T>> },
): Promise<Connection<T>> {
  const rows = selection.items ? await readObjects<R>(em, pageStatement(list, page), list.steady) : [];
  const nodesOf = async (kept: readonly R[]): Promise<T[]> => {
    const nodes = await map.nodesOf(kept);
    return kept.map((row) => {
      const node = nodes.get(row);
      if (node === undefined) throw new Error('A row of the page has no node.');
      return node;
    });
  };
  return connectionOf(em, list, page, selection, { rows, keyOf: map.keyOf, nodesOf });
}

/** The same for rows as arrays of their columns. */
export async function readPlainList<R, T>(
  em: SqlEntityManager,
  list: ListStatement,
  page: PageRequest,
  selection: ConnectionSelection,
  map: RowMap<R, T>,
): Promise<Connection<T>> {
  const rows = selection.items ? await readRows<R>(em, pageStatement(list, page), list.steady) : [];
  return connectionOf(em, list, page, selection, { rows, ...map });
}

async function connectionOf<R, T>(
  em: SqlEntityManager,
  list: ListStatement,
  page: PageRequest,
  selection: ConnectionSelection,
  { rows, keyOf, nodesOf }: RowMap<R, T> & { rows: readonly R[] },
): Promise<Connection<T>> {
  const totalCount = selection.totalCount ? await countRows(em, list) : Number.NaN;
  const kept = keptRows(rows, page);
  const nodes = await nodesOf(kept);
  return buildConnection({ kept, nodes, more: rows.length > page.limit }, page, keyOf, { totalCount, withEdges: selection.edges !== false });
}

/** Written out: SQLite plans a statement anew for each value of a limit that is a parameter, which takes as long as reading 50 rows. */
function rowsRead({ limit }: PageRequest): SqlText {
  return sqlInteger(limit + 1, { max: LARGEST_PAGE + 1 });
}

function pageStatement(list: ListStatement, page: PageRequest): SqlText {
  if (list.firstPages === undefined || page.after !== null || page.before !== null) return joinPage(list, page);
  const key = `${page.limit} ${page.backward}`;
  let statement = list.firstPages.get(key);
  if (statement === undefined) {
    statement = joinPage(list, page);
    if (list.firstPages.size >= MOST_FIRST_PAGES) list.firstPages.clear();
    list.firstPages.set(key, statement);
  }
  return statement;
}

function joinPage(list: ListStatement, page: PageRequest): SqlText {
  const where = allOf([list.where, ...keysetConditions(page, list.order)]);
  return sqlText`select ${list.columns} from ${list.from} where ${where}
    order by ${keysetOrderBy(page, list.order)} limit ${rowsRead(page)}`;
}

async function countRows(em: SqlEntityManager, list: ListStatement): Promise<number> {
  const [row] = await readRows<[number | string]>(em, sqlText`select count(*) as total from ${list.counted ?? list.from} where ${list.where}`);
  return Number(row?.[0] ?? 0);
}
