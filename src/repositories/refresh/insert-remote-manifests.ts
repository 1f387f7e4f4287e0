import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { joinTexts, sqlConstant, sqlInteger, type SqlText, sqlText, type SqlValue, sqlValues, withValues } from '../../platform/database/sql-text.js';
import type { RemoteManifestColumns } from './remote-manifest.js';

const TEXTS = [
  'uuid', 'name', 'version', 'type', 'os_type', 'description', 'homepage', 'state', 'origin', 'problem', 'content_hash', 'search_text', 'manifest',
] as const satisfies readonly (keyof RemoteManifestColumns)[];
const NUMBERS = ['size_mib', 'download_size', 'published_at', 'published_sort'] as const satisfies readonly (keyof RemoteManifestColumns)[];
const COLUMNS = [...TEXTS, ...NUMBERS];
const INTO = sqlText`insert into repository_image (repository_id, from_generation, to_generation, ${joinTexts(COLUMNS.map((column) => sqlConstant(column)), ', ')}`;

/** More make it no faster, and statements prepared for many rows take many MiB. */
const MAX_ROWS_PER_INSERT = 64;

/** Rows that are best inserted together: on Postgres those of a whole step, as each statement is a journey. */
export function rowsPerInsert(em: SqlEntityManager): number {
  return isSqlite(em) ? MAX_ROWS_PER_INSERT : Infinity;
}

/** Whose rows they are, and from which generation to which they are seen. */
export interface GenerationRange {
  repositoryId: number;
  from: number;
  to: number;
}

/** An offer, and the row of the present list that it takes the place of. */
export interface StagedManifest {
  row: RemoteManifestColumns;
  replaces: number | null;
}

/** Inserts all rows, in few statements; `indexOffers` must end the transaction. Rows that are replaced must still be there. */
export function insertRemoteManifests(em: SqlEntityManager, range: GenerationRange, offers: readonly StagedManifest[]): SqlText[] {
  return isSqlite(em) ? sqliteInserts(range, offers) : [postgresInsert(range, offers.map(({ row }) => row))];
}

/** Puts the last so many rows that were inserted into the search index, which writes a piece for each statement. */
export function indexRemoteManifests(em: SqlEntityManager, rows: number): SqlText[] {
  return isSqlite(em) ? [indexLastRows(rows)] : [];
}

function sqliteInserts(range: GenerationRange, offers: readonly StagedManifest[]): SqlText[] {
  const insertTemplates: SqlText[] = [];
  for (const kind of ['added', 'changed'] as const) {
    const some = offers.filter(({ replaces }) => (replaces === null) === (kind === 'added'));
    for (let at = 0; at < some.length; ) {
      const size = rowsOfNextInsert(some.length - at);
      insertTemplates.push(withValues(insertTemplate(kind, size), 0, valuesOf(range, some.slice(at, at + size))));
      at += size;
    }
  }
  return insertTemplates;
}

function valuesOf({ repositoryId, from, to }: GenerationRange, offers: readonly StagedManifest[]): SqlValue[] {
  const values: SqlValue[] = [];
  for (const { row, replaces } of offers) {
    values.push(repositoryId, from, to);
    for (const column of COLUMNS) values.push(row[column]);
    if (replaces !== null) values.push(replaces, row.search_text);
  }
  return values;
}

/** Powers of two, the largest first: so there are few texts to be prepared. */
function rowsOfNextInsert(rows: number): number {
  return Math.min(MAX_ROWS_PER_INSERT, 2 ** Math.floor(Math.log2(rows)));
}

/** What `search_id` is: the place of the row that is replaced if that has the same text; see RepositoryImage. */
const SEARCH_ID = {
  added: sqlText`0`,
  changed: sqlText`coalesce((select coalesce(nullif(r.search_id, 0), r.id) from repository_image r where r.id = ${null} and r.search_text = ${null}), 0)`,
};

const inserts = new Map<string, SqlText>();

/** Inserts so many rows, with null for each value. */
function insertTemplate(kind: keyof typeof SEARCH_ID, rows: number): SqlText {
  const key = `${kind} ${rows}`;
  let insert = inserts.get(key);
  if (insert === undefined) {
    const row = sqlText`(${sqlValues(Array.from({ length: COLUMNS.length + 3 }, () => null))}, ${SEARCH_ID[kind]})`;
    insert = sqlText`${INTO}, search_id) values ${joinTexts(Array.from({ length: rows }, () => row), ', ')}`;
    inserts.set(key, insert);
  }
  return insert;
}

function indexLastRows(rows: number): SqlText {
  return sqlText`insert into repository_image_search (rowid, search_text) select id, search_text || char(10, 10) from repository_image
    where id > (select seq from sqlite_sequence where name = 'repository_image') - ${rows} and search_id = 0`;
}

/** All of them in one parameter: nothing is built or parsed for each row. */
function postgresInsert({ repositoryId, from, to }: GenerationRange, rows: readonly RemoteManifestColumns[]): SqlText {
  const list = JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column])));
  const values = COLUMNS.map((_column, at) => {
    const position = sqlInteger(at, { max: COLUMNS.length });
    return at < TEXTS.length ? sqlText`x.value ->> ${position}` : sqlText`(x.value ->> ${position})::bigint`;
  });
  return sqlText`${INTO}) select ${repositoryId}::int, ${from}::int, ${to}::int, ${joinTexts(values, ', ')}
    from json_array_elements(${list}::json) x`;
}
