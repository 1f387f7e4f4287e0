import { BoundedCache } from '../../memory/bounded-cache.js';
import { ALWAYS, allOf, type Condition } from './conditions.js';
import { isSqlite } from '../database.js';
import { type KeysetOrder, keysetConditions, keysetOrderBy } from './keyset.js';
import { buildConnection, type Connection, type CursorKey, keptRows, LARGEST_PAGE, type PageRequest } from './page.js';
import { type ReadOptions, readObjects, readRows } from '../read/read-rows.js';
import type { Reads } from '../read/reads.js';
import { sqlInteger, type SqlText, sqlText } from '../sql-text.js';
import type { ConnectionSelection } from '../../graphql/selection.js';

/** The pieces of a list's statement: columns, tables, condition and order. */
export interface ListStatement {
  /** Everything between `select` and `from`. */
  columns: SqlText;
  /** Everything between `from` and `where`: tables with their fixed aliases, and to-one joins. */
  from: SqlText;
  where: Condition;
  order: KeysetOrder;
  /** One query plan suits all values, so Postgres may prepare the statement: see `PostgresReader`. */
  steady?: boolean;
  /** Undefined when no index bounds how many rows a page scans. */
  walk?: IndexWalk | undefined;
  /** The tables that the count needs, without joins that only bring columns; `from` when left out. */
  counted?: SqlText;
  /** Statements of the pages without a cursor of a list that is cached: building one takes a tenth of the time of reading 50 rows. */
  firstPages?: FirstPages;
}

/**
 * An index scan in the order of a list. On SQLite its page is read on the event loop, as it scans at most `MOST_WALKED` rows. If these
 * do not fill the page, and for every list without an index scan, the page is a heavy read.
 */
export interface IndexWalk {
  /** The table with its alias; `columns` are those that the rest of the statement names. */
  table: SqlText;
  alias: SqlText;
  columns: SqlText;
  where: Condition;
  order: KeysetOrder;
  /** The tables joined to each scanned row, and their join condition. */
  joined: SqlText;
  on?: Condition;
}

/** An index scan of a table that holds all columns of the list. */
export function wholeRows(walk: Pick<IndexWalk, 'table' | 'alias' | 'where' | 'order'>): IndexWalk {
  return { ...walk, columns: sqlText`*`, joined: sqlText`` };
}

/** Index rows scanned on the event loop: a few milliseconds, even if the table row behind each of them must be read. */
const MOST_WALKED = 1000;
const WALKED = sqlInteger(MOST_WALKED, { max: MOST_WALKED });

/** Clients ask for a few page sizes; only an attacker asks for more. */
const MOST_FIRST_PAGES = 40;

/** Statements by kind and size of the page. Its owner is the list. */
export type FirstPages = BoundedCache<string, SqlText>;

export function newFirstPages(): FirstPages {
  return new BoundedCache({ max: MOST_FIRST_PAGES });
}

/** Maps the rows of a list to cursors and items. */
export interface RowMap<R, T> {
  /** The cursor of a row in this order. */
  keyOf: (row: R) => CursorKey;
  /** Items in the order of the rows. */
  nodesOf: (rows: readonly R[]) => Promise<T[]> | T[];
}

/** Reads one page and, if it is selected, the total count: two statements at most. Rows are objects. */
export async function readList<R extends object, T>(
  em: Reads,
  list: ListStatement,
  page: PageRequest,
  selection: ConnectionSelection,
  map: { keyOf: RowMap<R, T>['keyOf']; nodesOf: (rows: readonly R[]) => Promise<Map<R, T>> },
): Promise<Connection<T>> {
  const rows = selection.items ? await pageRows(em, list, page, readObjects<R>) : [];
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
export async function readRowList<R, T>(
  em: Reads,
  list: ListStatement,
  page: PageRequest,
  selection: ConnectionSelection,
  map: RowMap<R, T>,
): Promise<Connection<T>> {
  const rows = selection.items ? await pageRows(em, list, page, readRows<R>) : [];
  return connectionOf(em, list, page, selection, { rows, ...map });
}

async function connectionOf<R, T>(
  em: Reads,
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

/** Written into the text: SQLite plans the statement again for each value of a limit parameter, which takes as long as reading 50 rows. */
function rowsRead({ limit }: PageRequest): SqlText {
  return sqlInteger(limit + 1, { max: LARGEST_PAGE + 1 });
}

type Read<R> = (em: Reads, text: SqlText, options: ReadOptions) => Promise<R[]>;

/** Only SQLite reads on the event loop, so only there is the scan bounded first. */
async function pageRows<R>(em: Reads, list: ListStatement, page: PageRequest, read: Read<R>): Promise<R[]> {
  const { walk, steady = false } = list;
  const whole = pageStatement(list, page, 'page', () => joinPage(list, page));
  if (!isSqlite(em) || em.isInTransaction()) return read(em, whole, { heavy: walk === undefined, steady });
  if (walk === undefined) return read(em, whole, { heavy: true });
  const rows = await read(em, pageStatement(list, page, 'walk', () => joinWalk(list, walk, page)), {});
  if (rows.length > page.limit) return rows;
  const beyond = await readRows(em, pageStatement(list, page, 'beyond', () => beyondWalk(walk, page)));
  return beyond.length === 0 ? rows : read(em, whole, { heavy: true });
}

function pageStatement(list: ListStatement, page: PageRequest, kind: string, join: () => SqlText): SqlText {
  if (list.firstPages === undefined || page.after !== null || page.before !== null) return join();
  return list.firstPages.getOrCompute(`${kind} ${page.limit} ${page.backward}`, join);
}

function joinPage(list: ListStatement, page: PageRequest): SqlText {
  const where = allOf([list.where, ...keysetConditions(page, list.order)]);
  return sqlText`select ${list.columns} from ${list.from} where ${where}
    order by ${keysetOrderBy(page, list.order)} limit ${rowsRead(page)}`;
}

/** SQLite stops reading inner rows as soon as the page is full. */
function joinWalk(list: ListStatement, { table, alias, columns, where, order, joined, on = ALWAYS }: IndexWalk, page: PageRequest): SqlText {
  const inner = allOf([where, ...keysetConditions(page, order)]);
  const orderBy = keysetOrderBy(page, order);
  return sqlText`select ${list.columns} from (select ${columns} from ${table} where ${inner} order by ${orderBy} limit ${WALKED}) ${alias}${joined}
    where ${on} and ${list.where} order by ${orderBy} limit ${rowsRead(page)}`;
}

/** Returns a row when the index goes on behind the scanned rows. */
function beyondWalk({ table, where, order }: IndexWalk, page: PageRequest): SqlText {
  const inner = allOf([where, ...keysetConditions(page, order)]);
  return sqlText`select 1 as beyond from ${table} where ${inner} order by ${keysetOrderBy(page, order)} limit 1 offset ${WALKED}`;
}

async function countRows(em: Reads, list: ListStatement): Promise<number> {
  const [row] = await readRows<[number | string]>(em, sqlText`select count(*) as total from ${list.counted ?? list.from} where ${list.where}`, { heavy: true });
  return Number(row?.[0] ?? 0);
}
