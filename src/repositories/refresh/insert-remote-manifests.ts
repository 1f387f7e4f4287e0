import { isSqlite, type SqlEntityManager } from '../../platform/database/database.js';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import { joinTexts, sqlConstant, sqlInteger, type SqlText, sqlText, type SqlValue, sqlValues, withValues } from '../../platform/database/sql-text.js';
import type { RemoteManifestColumns } from './remote-manifest.js';

/** Every column, and how Postgres reads it out of the JSON. */
const COLUMN_KINDS = {
  uuid: 'text',
  name: 'text',
  version: 'text',
  type: 'text',
  os_type: 'text',
  description: 'text',
  homepage: 'text',
  state: 'text',
  origin: 'text',
  problem: 'text',
  content_hash: 'text',
  search_text: 'text',
  manifest: 'text',
  size_mib: 'number',
  download_size: 'number',
  published_at: 'number',
  published_sort: 'number',
} as const satisfies Record<keyof RemoteManifestColumns, 'text' | 'number'>;
// Object.keys forgets the names of a literal, which are known here.
const COLUMNS = Object.keys(COLUMN_KINDS) as (keyof typeof COLUMN_KINDS)[];
const INTO = sqlText`insert into repository_image (repository_id, from_generation, to_generation, ${joinTexts(COLUMNS.map((column) => sqlConstant(column)), ', ')}`;

/** Larger inserts are no faster, and statements prepared for many rows take MiBs. */
const MAX_ROWS_PER_INSERT = 64;

/** How many rows to collect for one insert: on Postgres a whole batch, as each statement costs a round trip. */
export function rowsPerInsert(em: SqlEntityManager): number {
  return isSqlite(em) ? MAX_ROWS_PER_INSERT : Infinity;
}

/** The repository that rows belong to, the first generation that shows them, and the first that no longer does. */
export interface GenerationRange {
  repositoryId: number;
  from: number;
  to: number;
}

/** A manifest to insert, and the id of the row that it supersedes. */
export interface StagedManifest {
  row: RemoteManifestColumns;
  replaces: number | null;
}

/**
 * Inserts all manifests in few statements. The transaction must end with `indexRemoteManifests`, and superseded rows must
 * still exist in it.
 */
export function insertRemoteManifests(em: SqlEntityManager, range: GenerationRange, manifests: readonly StagedManifest[]): SqlText[] {
  return isSqlite(em) ? sqliteInserts(range, manifests) : [postgresInsert(range, manifests.map(({ row }) => row))];
}

/** Adds the last inserted rows to SQLite's search index, all at once: FTS5 writes a segment for each statement. */
export function indexRemoteManifests(em: SqlEntityManager, rows: number): SqlText[] {
  if (!isSqlite(em)) return [];
  return [
    sqlText`insert into repository_image_search (rowid, search_text) select id, search_text || char(10, 10) from repository_image
    where id > (select seq from sqlite_sequence where name = 'repository_image') - ${rows} and search_id = 0`,
  ];
}

function sqliteInserts(range: GenerationRange, manifests: readonly StagedManifest[]): SqlText[] {
  const inserts: SqlText[] = [];
  for (const kind of ['added', 'changed'] as const) {
    const ofKind = manifests.filter(({ replaces }) => (replaces === null) === (kind === 'added'));
    for (let at = 0; at < ofKind.length; ) {
      const size = rowsOfNextInsert(ofKind.length - at);
      inserts.push(withValues(insertTemplate(kind, size), 0, valuesOf(range, ofKind.slice(at, at + size))));
      at += size;
    }
  }
  return inserts;
}

function valuesOf({ repositoryId, from, to }: GenerationRange, manifests: readonly StagedManifest[]): SqlValue[] {
  const values: SqlValue[] = [];
  for (const { row, replaces } of manifests) {
    values.push(repositoryId, from, to);
    for (const column of COLUMNS) values.push(row[column]);
    if (replaces !== null) values.push(replaces, row.search_text);
  }
  return values;
}

/** The largest power of two that fits, so that only a few statement texts have to be prepared. */
function rowsOfNextInsert(rows: number): number {
  return Math.min(MAX_ROWS_PER_INSERT, 2 ** Math.floor(Math.log2(rows)));
}

/** The value of `search_id`: a changed row with the same search text keeps the index entry of the one before; see RepositoryImage. */
const SEARCH_ID = {
  added: sqlText`0`,
  changed: sqlText`coalesce((select coalesce(nullif(r.search_id, 0), r.id) from repository_image r where r.id = ${null} and r.search_text = ${null}), 0)`,
};

/** At most two kinds times seven sizes: joining the text of 64 rows anew for each insert is slow. */
const insertTemplates = new BoundedCache<string, SqlText>({ max: 14 });

/** An insert of so many rows, with null for each value. */
function insertTemplate(kind: keyof typeof SEARCH_ID, rows: number): SqlText {
  return insertTemplates.getOrCompute(`${kind} ${rows}`, () => {
    const row = sqlText`(${sqlValues(Array.from({ length: COLUMNS.length + 3 }, () => null))}, ${SEARCH_ID[kind]})`;
    return sqlText`${INTO}, search_id) values ${joinTexts(Array.from({ length: rows }, () => row), ', ')}`;
  });
}

/** Sends all rows as one JSON parameter, so that no text is built or parsed per row. */
function postgresInsert({ repositoryId, from, to }: GenerationRange, rows: readonly RemoteManifestColumns[]): SqlText {
  const json = JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column])));
  const values = COLUMNS.map((column, at) => {
    const position = sqlInteger(at, { max: COLUMNS.length });
    return COLUMN_KINDS[column] === 'text' ? sqlText`x.value ->> ${position}` : sqlText`(x.value ->> ${position})::bigint`;
  });
  return sqlText`${INTO}) select ${repositoryId}::int, ${from}::int, ${to}::int, ${joinTexts(values, ', ')}
    from json_array_elements(${json}::json) x`;
}
