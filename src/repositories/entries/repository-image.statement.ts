import type { Viewer } from '../../access/viewer.js';
import type { OsType } from '../../imgapi/os-type.js';
import type { SelectedImage } from '../../images/image.type.js';
import { storedErrorCode } from '../../platform/error-codes.js';
import type { Column } from '../../platform/database/columns.js';
import { ALWAYS, allOf, anyOf, type Condition, contains, oneOf, oneOfIds } from '../../platform/database/list/conditions.js';
import type { ObjectSelection } from '../../platform/graphql/selection.js';
import { joinTexts, sqlConstant, sqlInteger, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { Tables } from '../../platform/database/tables.js';
import { isSqlite } from '../../platform/database/database.js';
import { mostSelective } from '../../platform/database/list/selectivity.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { WeakMemo } from '../../platform/memory/weak-memo.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import type { ImageRepositoryType } from '../image-repository.type.js';
import { manifestUrlOf } from './manifest-url.js';
import type { RepositoryImageOrderField } from './repository-image.enums.js';
import type { RepositoryImageFilter } from './repository-image.inputs.js';
import { ENTRY_IDS, type RepositoryImageType } from './repository-image.type.js';

/** Entries (alias `o`) with the image of the same uuid (`i`) and the image that they build on (`base`). */
export const ENTRY_TABLE = sqlText`repository_image o`;
/** A base (`base`) is ready while it is updated, too: its file stays. `findBase` words the same rule. */
const IS_READY = sqlText`(base.status = 'OK' or exists (select 1 from task t where t.image_id = base.id and t.finished_at is null and t.action = 'IMAGE_UPDATE'))`;
export const ENTRY_JOINS = sqlText` left join image i on i.uuid = o.uuid left join image base on base.uuid = o.origin and ${IS_READY}`;
export const ENTRY_FROM = sqlText`${ENTRY_TABLE}${ENTRY_JOINS}`;

/** An image that came from this repository without a file can be imported again to get it, while there is an image server, by a viewer who may update it. */
function lacksFile(viewer: Viewer): Condition {
  const managed = sqlText`exists (select 1 from image_attachment a where a.bound_image_id = i.id and ${oneOfIds('a.datacenter_id', viewer.datacentersWhere('image.update'))})`;
  return sqlText`(i.file_sha1 is null and i.status = 'OK' and coalesce(i.repository_id, 0) = o.repository_id
  and exists (select 1 from global_settings g where g.image_server_id is not null) and ${viewer.isSuperAdmin ? ALWAYS : managed})`;
}

interface Obstacle {
  condition: Condition;
  code: SqlText;
}

/** What keeps an entry from being imported now, with its code; the first one that applies is shown. The import itself checks in this order. */
function obstaclesFor(viewer: Viewer): readonly Obstacle[] {
  return [
    { condition: sqlText`(i.id is not null and not ${lacksFile(viewer)})`, code: sqlText`'ALREADY_EXISTS'` },
    { condition: sqlText`o.problem is not null`, code: sqlText`o.problem` },
    { condition: sqlText`(o.origin is not null and o.origin = o.uuid)`, code: sqlText`'INVALID_MANIFEST'` },
    { condition: sqlText`(o.origin is not null and base.id is null)`, code: sqlText`'MISSING_ORIGIN'` },
  ];
}

/** A viewer never changes, and its obstacles are long. */
const obstacles = new WeakMemo<Viewer, { reason: SqlText; importable: Condition }>();

function judgementFor(viewer: Viewer): { reason: SqlText; importable: Condition } {
  return obstacles.getOrCompute(viewer, () => {
    const all = obstaclesFor(viewer);
    return {
      // The code of the first obstacle; null when the entry can be imported.
      reason: sqlText`case ${joinTexts(all.map(({ condition, code }) => sqlText`when ${condition} then ${code} `), '')}end`,
      // A case expression, because Postgres estimates that half of the entries pass it. For the bare conditions it estimates hardly any, and
      // reads all entries instead of one page along the order.
      importable: sqlText`(case when ${anyOf(all.map(({ condition }) => condition))} then false else true end)`,
    };
  });
}

/** Fields that are not columns of the entry. */
type ComputedField = 'id' | 'uuid' | 'repository' | 'image' | 'manifestUrl' | 'importable' | 'notImportableReason' | 'notImportableDetail' | 'nameTaken';
type ColumnField = Exclude<keyof RepositoryImageType, ComputedField>;

/** An entry as far as it was selected: a field of a column, the id, and the URL, is there only if the selection names it. */
export type SelectedRepositoryImage = Pick<RepositoryImageType, Exclude<ComputedField, 'id' | 'manifestUrl' | 'notImportableDetail'>> & Partial<RepositoryImageType>;

type EntryTable = Tables['repository_image'];
type EntryColumn = Extract<Column, `o.${string}`>;
type ValueOf<C extends EntryColumn> = C extends `o.${infer Name extends keyof EntryTable}` ? EntryTable[Name] : never;

/** A column, and how its value becomes a field. */
interface ColumnReader {
  column: EntryColumn;
  assign: (entry: SelectedRepositoryImage, value: unknown) => void;
}

function reader<C extends EntryColumn>(column: C, assign: (entry: SelectedRepositoryImage, value: ValueOf<C>) => void): ColumnReader {
  // The driver returns values as unknown; the type of the table says what the column holds.
  return { column, assign: assign as ColumnReader['assign'] };
}

/** Each assignment names its property, which keeps V8's inline caches monomorphic. The compiler refuses a field without a reader. */
const COLUMN_READERS = {
  name: reader('o.name', (entry, value) => void (entry.name = value)),
  version: reader('o.version', (entry, value) => void (entry.version = value)),
  // The entity stores OS types only.
  osType: reader('o.os_type', (entry, value) => void (entry.osType = value as OsType | null)),
  type: reader('o.type', (entry, value) => void (entry.type = value)),
  description: reader('o.description', (entry, value) => void (entry.description = value)),
  homepage: reader('o.homepage', (entry, value) => void (entry.homepage = value)),
  size: reader('o.size_mib', (entry, value) => void (entry.size = value)),
  downloadSize: reader('o.download_size', (entry, value) => void (entry.downloadSize = Number(value))),
  state: reader('o.state', (entry, value) => void (entry.state = value)),
  publishedAt: reader('o.published_at', (entry, value) => void (entry.publishedAt = value === null ? null : Number(value))),
  origin: reader('o.origin', (entry, value) => void (entry.origin = value)),
  // Last, as a manifest is long.
  manifest: reader('o.manifest', (entry, value) => void (entry.manifest = JSON.parse(value) as unknown)),
} satisfies Record<ColumnField, ColumnReader>;
const READERS = Object.entries(COLUMN_READERS);

/** The fields that columns of an entry fill. */
export const COLUMN_FIELDS: readonly string[] = Object.keys(COLUMN_READERS);

/** The columns that computed fields are made of. */
const COLUMNS_BEHIND: Readonly<Record<string, readonly ColumnField[]>> = { nameTaken: ['name', 'version'], notImportableDetail: ['name', 'version', 'origin', 'manifest'] };

function selectedReaders({ fields }: ObjectSelection): ColumnReader[] {
  const behind = Object.entries(COLUMNS_BEHIND).flatMap(([field, columns]) => (fields.has(field) ? columns : []));
  return READERS.flatMap(([field, one]) => (fields.has(field) || behind.includes(field as ColumnField) ? [one] : []));
}

/** A row as the driver returns it: what every list needs, then the selected columns. */
export type EntryRow = readonly [id: number, sortKey: string | number, imageId: number | null, uuid: string, reason: string | null, ...selected: unknown[]];
const LEADING_COLUMNS = 5;

/** The columns of EntryRow for a selection; `order` is the column that a list is ordered by. */
export function entryColumns(viewer: Viewer, order: Column, selection: ObjectSelection): SqlText {
  const readers = selectedReaders(selection);
  const selected = readers.map(({ column }, at) => sqlText`, ${sqlConstant(column)} as c${sqlInteger(at, { max: readers.length })}`);
  return sqlText`o.id, ${sqlConstant(order)} as sort_key, i.id as image_id, o.uuid, ${judgementFor(viewer).reason} as reason${joinTexts(selected, '')}`;
}

/** Whether entries are hidden that the catalogue has: only a SuperAdmin sees which images placed by hand were imported. */
export function hidesImportedEntries(viewer: Viewer, repository: ImageRepositoryType): boolean {
  return repository.isLocal && !viewer.isSuperAdmin;
}

/**
 * What readers see of a repository: its current generation. The unary plus keeps planners from an index by generation, so
 * that they read a page along the order of the list.
 */
export function visibleEntries(viewer: Viewer, repository: ImageRepositoryType): Condition {
  const generation = sqlText`(select r.generation from image_repository r where r.id = ${repository.id})`;
  const current = sqlText`o.repository_id = ${repository.id} and ${generation} >= +o.from_generation and ${generation} < +o.to_generation`;
  return hidesImportedEntries(viewer, repository) ? allOf([current, sqlText`i.id is null`]) : current;
}

/** Null when the filter restricts nothing. */
export function entryFilter(viewer: Viewer, filter: RepositoryImageFilter | null | undefined): Condition | null {
  const conditions: Condition[] = [];
  if (filter?.search) conditions.push(contains('o.search_text', filter.search));
  if (filter?.osType?.length) conditions.push(oneOf('o.os_type', filter.osType));
  if (filter?.type?.length) conditions.push(oneOf('o.type', filter.type));
  if (filter?.publishedAfter) conditions.push(sqlText`o.published_at > ${filter.publishedAfter.getTime()}`);
  if (typeof filter?.importable === 'boolean') {
    const { importable } = judgementFor(viewer);
    conditions.push(filter.importable ? importable : sqlText`not ${importable}`);
  }
  return conditions.length === 0 ? null : allOf(conditions);
}

/** Narrows a search to the entries that the search index finds, if they are few. SQLite only: Postgres chooses by itself. */
export async function searchedEntries(em: Reads, filter: RepositoryImageFilter | null | undefined): Promise<Condition[]> {
  if (!filter?.search || !isSqlite(em)) return [];
  const found = await mostSelective(em, [{ kind: 'search', ids: searchedIds('repository_image', filter.search), areSearched: true }]);
  if (found === null) return [];
  // Entries indexed under their own id, and those that share the index entry of another. The cross join fixes the order: found ids first.
  return [sqlText`o.id in (with found (id) as materialized (${found.ids})
    select id from found union all select r.id from found cross join repository_image r on r.search_id = found.id where r.search_id > 0)`];
}

export const ENTRY_ORDERS: Record<RepositoryImageOrderField, { column: Column; value: 'string' | 'number' }> = {
  PUBLISHED_AT: { column: 'o.published_sort', value: 'number' },
  NAME: { column: 'o.name', value: 'string' },
  SIZE: { column: 'o.size_mib', value: 'number' },
};

/** `images` holds, by id, the images of the catalogue that the viewer sees, if they were selected. */
export function toRepositoryImages(
  rows: readonly EntryRow[],
  repository: ImageRepositoryType,
  images: ReadonlyMap<number, SelectedImage>,
  selection: ObjectSelection,
): SelectedRepositoryImage[] {
  const readers = selectedReaders(selection);
  const withUrl = selection.fields.has('manifestUrl');
  const withId = selection.fields.has('id');
  return rows.map((row) => {
    const [, , imageId, uuid, reason] = row;
    const entry: SelectedRepositoryImage = {
      uuid,
      repository,
      image: imageId === null ? null : (images.get(imageId) ?? null),
      importable: reason === null,
      notImportableReason: storedErrorCode(reason),
      nameTaken: false,
    };
    if (withId) entry.id = ENTRY_IDS.encode({ rowId: repository.id, uuid });
    if (withUrl) entry.manifestUrl = redactUrl(manifestUrlOf(repository.url, uuid));
    readers.forEach(({ assign }, at) => assign(entry, row[LEADING_COLUMNS + at]));
    return entry;
  });
}
