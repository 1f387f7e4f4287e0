import { sql } from 'kysely';
import { isSqlite, type SqlEntityManager, statements } from '../platform/database.js';
import type { Statement } from '../platform/step-writer.js';
import type { OfferColumns } from './offer.js';

const TEXTS = [
  'uuid', 'name', 'version', 'type', 'os_type', 'description', 'homepage', 'state', 'origin', 'problem', 'content_hash', 'search_text', 'manifest',
] as const satisfies readonly (keyof OfferColumns)[];
const NUMBERS = ['size_mib', 'download_size', 'published_at', 'published_sort'] as const satisfies readonly (keyof OfferColumns)[];
const COLUMNS = [...TEXTS, ...NUMBERS];
const INTO = `insert into repository_image (repository_id, from_generation, to_generation, ${COLUMNS.join(', ')}`;

/** More make it no faster, and statements prepared for many rows take many MiB. */
const ROWS_OF_STATEMENT = 64;

/** Rows that are best inserted together: on Postgres those of a whole step, as each statement is a journey. */
export function rowsTogether(em: SqlEntityManager): number {
  return isSqlite(em) ? ROWS_OF_STATEMENT : Infinity;
}

/** Whose rows they are, and from which generation to which they are seen. */
export interface OfferRange {
  repositoryId: number;
  from: number;
  to: number;
}

/** An offer, and the row of the present list that it takes the place of. */
export interface NextOffer {
  row: OfferColumns;
  replaces: number | null;
}

/** Inserts all rows, in few statements; `indexOffers` must end the transaction. Rows that are replaced must still be there. */
export function insertOffers(em: SqlEntityManager, range: OfferRange, offers: readonly NextOffer[]): Statement[] {
  return isSqlite(em) ? insertsOfRows(range, offers) : [insertOfList(em, range, offers.map(({ row }) => row))];
}

/** Puts the last so many rows that were inserted into the search index, which writes a piece for each statement. */
export function indexOffers(em: SqlEntityManager, rows: number): Statement[] {
  return isSqlite(em) ? [{ sql: INDEX_LAST, parameters: [rows] }] : [];
}

function insertsOfRows(range: OfferRange, offers: readonly NextOffer[]): Statement[] {
  const inserts: Statement[] = [];
  for (const kind of ['added', 'changed'] as const) {
    const some = offers.filter(({ replaces }) => (replaces === null) === (kind === 'added'));
    for (let at = 0; at < some.length; ) {
      const size = sizeOf(some.length - at);
      inserts.push({ sql: insertTextOf(kind, size), parameters: parametersOf(range, some.slice(at, at + size)) });
      at += size;
    }
  }
  return inserts;
}

function parametersOf({ repositoryId, from, to }: OfferRange, offers: readonly NextOffer[]): unknown[] {
  const parameters: unknown[] = [];
  for (const { row, replaces } of offers) {
    parameters.push(repositoryId, from, to);
    for (const column of COLUMNS) parameters.push(row[column]);
    if (replaces !== null) parameters.push(replaces, row.search_text);
  }
  return parameters;
}

/** Powers of two, the largest first: so there are few texts to be prepared. */
function sizeOf(rows: number): number {
  return Math.min(ROWS_OF_STATEMENT, 2 ** Math.floor(Math.log2(rows)));
}

/** What `search_id` is: the place of the row that is replaced if that has the same text; see RepositoryImage. */
const SEARCH_ID = {
  added: '0',
  changed: 'coalesce((select coalesce(nullif(r.search_id, 0), r.id) from repository_image r where r.id = ? and r.search_text = ?), 0)',
};

const texts = new Map<string, string>();

function insertTextOf(kind: keyof typeof SEARCH_ID, rows: number): string {
  const key = `${kind} ${rows}`;
  let text = texts.get(key);
  if (text === undefined) {
    const marks = `(${'?, '.repeat(COLUMNS.length + 3)}${SEARCH_ID[kind]})`;
    text = `${INTO}, search_id) values ${Array.from({ length: rows }, () => marks).join()}`;
    texts.set(key, text);
  }
  return text;
}

const INDEX_LAST = `insert into repository_image_search (rowid, search_text) select id, search_text || char(10, 10) from repository_image
  where id > (select seq from sqlite_sequence where name = 'repository_image') - ? and search_id = 0`;

/** All of them in one parameter: nothing is built or parsed for each row. */
function insertOfList(em: SqlEntityManager, { repositoryId, from, to }: OfferRange, rows: readonly OfferColumns[]): Statement {
  const list = JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column])));
  const values = COLUMNS.map((_column, at) => sql.raw(at < TEXTS.length ? `x.value ->> ${at}` : `(x.value ->> ${at})::bigint`));
  return sql`${sql.raw(INTO)}) select ${repositoryId}::int, ${from}::int, ${to}::int, ${sql.join(values)}
    from json_array_elements(${list}::json) x`.compile(statements(em));
}
