import { sql } from 'kysely';
import { isSqlite, type SqlEntityManager, statements } from '../platform/database.js';
import type { Statement } from '../platform/step-writer.js';
import type { OfferColumns } from './offer.js';

const TEXTS = [
  'uuid', 'name', 'version', 'type', 'os_type', 'description', 'homepage', 'state', 'origin', 'problem', 'content_hash', 'search_text', 'manifest',
] as const satisfies readonly (keyof OfferColumns)[];
const NUMBERS = ['size_mib', 'download_size', 'published_at', 'published_sort'] as const satisfies readonly (keyof OfferColumns)[];
const COLUMNS = [...TEXTS, ...NUMBERS];
const INTO = `insert into repository_image (repository_id, from_generation, to_generation, ${COLUMNS.join(', ')})`;

/** Most rows of one statement on SQLite, which takes some thirty thousand values: the search index writes once for each statement. */
export const MOST_ROWS_AT_ONCE = 1024;

/** Whose rows they are, and from which generation to which they are seen. */
export interface OfferRange {
  repositoryId: number;
  from: number;
  to: number;
}

/** Inserts all rows, in few statements. */
export function insertOffers(em: SqlEntityManager, range: OfferRange, rows: readonly OfferColumns[]): Statement[] {
  return isSqlite(em) ? insertsOfRows(range, rows) : [insertOfList(em, range, rows)];
}

function insertsOfRows({ repositoryId, from, to }: OfferRange, rows: readonly OfferColumns[]): Statement[] {
  const inserts: Statement[] = [];
  for (let at = 0; at < rows.length; ) {
    const size = sizeOf(rows.length - at);
    const parameters: unknown[] = [];
    for (const row of rows.slice(at, at + size)) {
      parameters.push(repositoryId, from, to);
      for (const column of COLUMNS) parameters.push(row[column]);
    }
    inserts.push({ sql: insertTextOf(size), parameters });
    at += size;
  }
  return inserts;
}

/** Powers of two, the largest first: so there are few texts to be prepared. */
function sizeOf(rows: number): number {
  return Math.min(MOST_ROWS_AT_ONCE, 2 ** Math.floor(Math.log2(rows)));
}

const texts = new Map<number, string>();

function insertTextOf(rows: number): string {
  let text = texts.get(rows);
  if (text === undefined) {
    const marks = `(${Array.from({ length: COLUMNS.length + 3 }, () => '?').join()})`;
    text = `${INTO} values ${Array.from({ length: rows }, () => marks).join()}`;
    texts.set(rows, text);
  }
  return text;
}

/** All of them in one parameter: nothing is built or parsed for each row. */
function insertOfList(em: SqlEntityManager, { repositoryId, from, to }: OfferRange, rows: readonly OfferColumns[]): Statement {
  const list = JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column])));
  const values = COLUMNS.map((_column, at) => sql.raw(at < TEXTS.length ? `x.value ->> ${at}` : `(x.value ->> ${at})::bigint`));
  return sql`${sql.raw(INTO)} select ${repositoryId}::int, ${from}::int, ${to}::int, ${sql.join(values)}
    from json_array_elements(${list}::json) x`.compile(statements(em));
}
