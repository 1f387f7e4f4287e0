import { type SqlBool, sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import type { OsType } from '../imgapi/os-type.js';
import { allOf, type Condition, contains, oneOf } from '../platform/conditions.js';
import { isSqlite, type SqlEntityManager } from '../platform/database.js';
import { fewestOf } from '../platform/few-rows.js';
import { searchedIds } from '../platform/trigrams.js';
import type { ImageRepositoryType } from './image-repository.type.js';
import type { RepositoryImageOrderField } from './repository-image.enums.js';
import type { RepositoryImageFilter } from './repository-image.inputs.js';
import type { RepositoryImageType } from './repository-image.type.js';

export interface OfferedRow {
  id: number;
  repository_id: number;
  image_id: number | null;
  uuid: string;
  name: string;
  version: string;
  os_type: OsType | null;
  type: string;
  description: string;
  homepage: string | null;
  size_mib: number;
  download_size: number | string;
  state: string;
  published_at: number | string | null;
  published_sort: number | string;
  origin: string | null;
  manifest: string | null;
  reason: string | null;
}

/** Entries (alias `o`) of repositories, with the image of the same uuid (`i`) and the one they build on (`base`). */
export const OFFERED_FROM = sql`repository_image o left join image i on i.uuid = o.uuid left join image base on base.uuid = o.origin and base.status = 'OK'`;

/** An image that came from this repository without a file gets it by being imported again, while there is an image server. */
const LACKS_FILE = sql`(i.file_sha1 is null and i.status = 'OK' and coalesce(i.repository_id, 0) = o.repository_id
  and exists (select 1 from global_settings g where g.image_server_id is not null))`;

/** The catalogue has it, file and all. */
const IS_KNOWN = sql`(i.id is not null and not ${LACKS_FILE})`;

/** Columns of OfferedRow; `reason` is why it cannot be imported now. Manifests are large: read only when asked for. */
export function offeredColumns(withManifest: boolean): ReturnType<typeof sql> {
  return sql`o.id, o.repository_id, i.id as image_id, o.uuid, o.name, o.version, o.os_type, o.type, o.description, o.homepage,
    o.size_mib, o.download_size, o.state, o.published_at, o.published_sort, o.origin,
    ${withManifest ? sql`o.manifest` : sql`null`} as manifest,
    case when o.problem is not null then o.problem when ${IS_KNOWN} then 'ALREADY_EXISTS'
      when o.origin is not null and base.id is null then 'MISSING_ORIGIN' end as reason`;
}

const IMPORTABLE: Condition = sql<SqlBool>`(o.problem is null and not ${IS_KNOWN} and (o.origin is null or base.id is not null))`;

/** Who imported images placed by hand already is a SuperAdmin's business. */
export function hidesKnownEntries(viewer: Viewer, repository: ImageRepositoryType): boolean {
  return repository.isLocal && !viewer.isSuperAdmin;
}

/**
 * What readers see of a repository: the present generation. The plus keeps planners from reading all of it by its generation:
 * a page is read along the order of the list.
 */
export function offeredBy(viewer: Viewer, repository: ImageRepositoryType): Condition {
  const generation = sql`(select r.generation from image_repository r where r.id = ${repository.id})`;
  const present = sql<SqlBool>`o.repository_id = ${repository.id} and ${generation} >= +o.from_generation and ${generation} < +o.to_generation`;
  return hidesKnownEntries(viewer, repository) ? allOf([present, sql<SqlBool>`i.id is null`]) : present;
}

/** Null: the filter restricts nothing. */
export function offeredFilter(filter: RepositoryImageFilter | null | undefined): Condition | null {
  const conditions: Condition[] = [];
  if (filter?.search) conditions.push(contains('o.search_text', filter.search));
  if (filter?.osType?.length) conditions.push(oneOf('o.os_type', filter.osType));
  if (filter?.type?.length) conditions.push(oneOf('o.type', filter.type));
  if (filter?.publishedAfter) conditions.push(sql<SqlBool>`o.published_at > ${filter.publishedAfter.getTime()}`);
  if (typeof filter?.importable === 'boolean') conditions.push(filter.importable ? IMPORTABLE : sql<SqlBool>`not ${IMPORTABLE}`);
  return conditions.length === 0 ? null : allOf(conditions);
}

/** Narrows a search to the entries that the index finds, where these are few; SQLite only, Postgres decides by itself. */
export async function searchedOffers(em: SqlEntityManager, filter: RepositoryImageFilter | null | undefined): Promise<Condition[]> {
  if (!filter?.search || !isSqlite(em)) return [];
  const found = await fewestOf(em, [{ kind: 'search', ids: searchedIds('repository_image', filter.search) }]);
  return found === null ? [] : [sql<SqlBool>`o.id in (${found.ids})`];
}

export const OFFERED_ORDER: Record<
  RepositoryImageOrderField,
  { column: string; value: 'string' | 'number'; of: (row: OfferedRow) => string | number }
> = {
  PUBLISHED_AT: { column: 'o.published_sort', value: 'number', of: (row) => Number(row.published_sort) },
  NAME: { column: 'o.name', value: 'string', of: (row) => row.name },
  SIZE: { column: 'o.size_mib', value: 'number', of: (row) => row.size_mib },
};

export function toOffered(row: OfferedRow, repository: ImageRepositoryType): RepositoryImageType {
  return {
    id: row.id,
    repositoryId: row.repository_id,
    repositoryUrl: repository.url,
    imageId: row.image_id,
    loadedRepository: repository,
    uuid: row.uuid,
    name: row.name,
    version: row.version,
    osType: row.os_type,
    type: row.type,
    description: row.description,
    homepage: row.homepage,
    size: row.size_mib,
    downloadSize: Number(row.download_size),
    state: row.state,
    publishedAt: row.published_at === null ? null : new Date(Number(row.published_at)),
    origin: row.origin,
    manifest: row.manifest === null ? null : (JSON.parse(row.manifest) as unknown),
    importable: row.reason === null,
    notImportableReason: row.reason,
  };
}
