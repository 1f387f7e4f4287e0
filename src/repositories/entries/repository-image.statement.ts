import type { Viewer } from '../../access/viewer.js';
import type { OsType } from '../../imgapi/os-type.js';
import type { ImageType } from '../../images/image.type.js';
import type { Column } from '../../platform/database/columns.js';
import { allOf, type Condition, contains, oneOf } from '../../platform/database/list/conditions.js';
import type { ObjectSelection } from '../../platform/graphql/selection.js';
import { joinTexts, sqlConstant, sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { Big } from '../../platform/database/tables.js';
import { isSqlite } from '../../platform/database/database.js';
import { mostSelective } from '../../platform/database/list/selectivity.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { shownUrl } from '../../platform/fetch/shown-url.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import type { ImageRepositoryType } from '../image-repository.type.js';
import { manifestUrlOf } from './manifest-url.js';
import type { RepositoryImageOrderField } from './repository-image.enums.js';
import type { RepositoryImageFilter } from './repository-image.inputs.js';
import type { RepositoryImageType } from './repository-image.type.js';

/** Entries (alias `o`) of repositories, with the image of the same uuid (`i`) and the one they build on (`base`). */
export const ENTRY_TABLE = sqlText`repository_image o`;
export const ENTRY_JOINS = sqlText` left join image i on i.uuid = o.uuid left join image base on base.uuid = o.origin and base.status = 'OK'`;
export const ENTRY_FROM = sqlText`${ENTRY_TABLE}${ENTRY_JOINS}`;

/** An image that came from this repository without a file gets it by being imported again, while there is an image server. */
const LACKS_FILE = sqlText`(i.file_sha1 is null and i.status = 'OK' and coalesce(i.repository_id, 0) = o.repository_id
  and exists (select 1 from global_settings g where g.image_server_id is not null))`;

/** The catalogue has it, file and all. */
const IS_IN_CATALOGUE = sqlText`(i.id is not null and not ${LACKS_FILE})`;

/** Why an entry cannot be imported now, as a code; null when it can. */
const REASON = sqlText`case when o.problem is not null then o.problem when ${IS_IN_CATALOGUE} then 'ALREADY_EXISTS'
  when o.origin is not null and base.id is null then 'MISSING_ORIGIN' end`;

/** A row as the driver gives it: what every list needs, then what was asked for. */
export type EntryRow = readonly [id: number, place: string | number, imageId: number | null, uuid: string, reason: string | null, ...asked: unknown[]];

/** A column that answers a field, and how: each names its property, as that is what makes them quick. Manifests are large. */
interface Plain {
  column: Column;
  put: (entry: RepositoryImageType, value: unknown) => void;
}

const PLAIN: ReadonlyMap<string, Plain> = new Map<string, Plain>([
  ['name', { column: 'o.name', put: (entry, value) => void (entry.name = value as string) }],
  ['version', { column: 'o.version', put: (entry, value) => void (entry.version = value as string) }],
  ['osType', { column: 'o.os_type', put: (entry, value) => void (entry.osType = value as OsType | null) }],
  ['type', { column: 'o.type', put: (entry, value) => void (entry.type = value as string) }],
  ['description', { column: 'o.description', put: (entry, value) => void (entry.description = value as string) }],
  ['homepage', { column: 'o.homepage', put: (entry, value) => void (entry.homepage = value as string | null) }],
  ['size', { column: 'o.size_mib', put: (entry, value) => void (entry.size = value as number) }],
  ['downloadSize', { column: 'o.download_size', put: (entry, value) => void (entry.downloadSize = Number(value as Big)) }],
  ['state', { column: 'o.state', put: (entry, value) => void (entry.state = value as string) }],
  ['publishedAt', { column: 'o.published_at', put: (entry, value) => void (entry.publishedAt = value === null ? null : Number(value as Big)) }],
  ['origin', { column: 'o.origin', put: (entry, value) => void (entry.origin = value as string | null) }],
  ['manifest', { column: 'o.manifest', put: (entry, value) => void (entry.manifest = JSON.parse(value as string) as unknown) }],
]);
const LEADING = 5;

/** What one selection takes of an entry. */
interface Asked {
  plain: readonly Plain[];
  /** Each with a comma before it. */
  columns: SqlText;
}

const known = new WeakMap<ObjectSelection, Asked>();

/** Worked out once for a selection: each value that the driver hands over costs. */
function askedOf(selection: ObjectSelection): Asked {
  let asked = known.get(selection);
  if (asked === undefined) {
    const plain = [...PLAIN].flatMap(([field, one]) => (selection.fields.has(field) ? [one] : []));
    const columns = plain.map(({ column }, at) => sqlText`, ${sqlConstant(column)} as c${sqlInteger(at, { max: plain.length })}`);
    known.set(selection, (asked = { plain, columns: joinTexts(columns, '') }));
  }
  return asked;
}

/** Columns of OfferedRow for what is asked of the entries; `order` is the one that a list is ordered by. */
export function entryColumns(order: Column, selection: ObjectSelection): SqlText {
  return sqlText`o.id, ${sqlConstant(order)} as place, i.id as image_id, o.uuid, ${REASON} as reason${askedOf(selection).columns}`;
}

/**
 * As a case, whose part of the entries Postgres takes for a half. Of the conditions by themselves it takes hardly any entry to pass, and
 * would read all of them rather than a page along the order.
 */
const IMPORTABLE = sqlText`(case when o.problem is null and not ${IS_IN_CATALOGUE} and (o.origin is null or base.id is not null) then true else false end)`;

/** Who imported images placed by hand already is a SuperAdmin's business. */
export function hidesImportedEntries(viewer: Viewer, repository: ImageRepositoryType): boolean {
  return repository.isLocal && !viewer.isSuperAdmin;
}

/**
 * What readers see of a repository: the present generation. The plus keeps planners from reading all of it by its generation:
 * a page is read along the order of the list.
 */
export function visibleEntries(viewer: Viewer, repository: ImageRepositoryType): Condition {
  const generation = sqlText`(select r.generation from image_repository r where r.id = ${repository.id})`;
  const present = sqlText`o.repository_id = ${repository.id} and ${generation} >= +o.from_generation and ${generation} < +o.to_generation`;
  return hidesImportedEntries(viewer, repository) ? allOf([present, sqlText`i.id is null`]) : present;
}

/** Null: the filter restricts nothing. */
export function entryFilter(filter: RepositoryImageFilter | null | undefined): Condition | null {
  const conditions: Condition[] = [];
  if (filter?.search) conditions.push(contains('o.search_text', filter.search));
  if (filter?.osType?.length) conditions.push(oneOf('o.os_type', filter.osType));
  if (filter?.type?.length) conditions.push(oneOf('o.type', filter.type));
  if (filter?.publishedAfter) conditions.push(sqlText`o.published_at > ${filter.publishedAfter.getTime()}`);
  if (typeof filter?.importable === 'boolean') conditions.push(filter.importable ? IMPORTABLE : sqlText`not ${IMPORTABLE}`);
  return conditions.length === 0 ? null : allOf(conditions);
}

/** Narrows a search to the entries that the index finds, where these are few; SQLite only, Postgres decides by itself. */
export async function searchedEntries(em: Reads, filter: RepositoryImageFilter | null | undefined): Promise<Condition[]> {
  if (!filter?.search || !isSqlite(em)) return [];
  const found = await mostSelective(em, [{ kind: 'search', ids: searchedIds('repository_image', filter.search), areSearched: true }]);
  if (found === null) return [];
  // Those under whose own id the index has them, and those that share the place of another. The cross join begins with what was found.
  return [sqlText`o.id in (with found (id) as materialized (${found.ids})
    select id from found union all select r.id from found cross join repository_image r on r.search_id = found.id where r.search_id > 0)`];
}

export const ENTRY_ORDERS: Record<RepositoryImageOrderField, { column: Column; value: 'string' | 'number' }> = {
  PUBLISHED_AT: { column: 'o.published_sort', value: 'number' },
  NAME: { column: 'o.name', value: 'string' },
  SIZE: { column: 'o.size_mib', value: 'number' },
};

/** What was not asked for is not there. `images` are those of the catalogue behind the entries, as far as the viewer sees them and they were asked for. */
export function toRepositoryImages(rows: readonly EntryRow[], repository: ImageRepositoryType, images: ReadonlyMap<number, ImageType>, selection: ObjectSelection): RepositoryImageType[] {
  const { plain } = askedOf(selection);
  const withUrl = selection.fields.has('manifestUrl');
  return rows.map((row) => {
    const [id, , imageId, uuid, reason] = row;
    const entry = {
      id,
      repositoryId: repository.id,
      repositoryUrl: repository.url,
      imageId,
      repository,
      image: imageId === null ? null : (images.get(imageId) ?? null),
      manifestUrl: withUrl ? shownUrl(manifestUrlOf(repository.url, uuid)) : '',
      uuid,
      importable: reason === null,
      notImportableReason: reason,
    } as RepositoryImageType;
    plain.forEach(({ put }, at) => put(entry, row[LEADING + at]));
    return entry;
  });
}
