import type { Viewer } from '../access/viewer.js';
import type { OsType } from '../imgapi/os-type.js';
import type { ImageType } from '../images/image.type.js';
import { allOf, type Condition, contains, oneOf } from '../platform/conditions.js';
import type { ObjectSelection } from '../platform/selection.js';
import { plainText, type SqlText, sqlText } from '../platform/sql-text.js';
import type { Big } from '../platform/tables.js';
import { isSqlite, type SqlEntityManager } from '../platform/database.js';
import { fewestOf } from '../platform/few-rows.js';
import { searchedIds } from '../platform/trigrams.js';
import type { ImageRepositoryType } from './image-repository.type.js';
import { manifestUrlOf } from './manifest-url.js';
import type { RepositoryImageOrderField } from './repository-image.enums.js';
import type { RepositoryImageFilter } from './repository-image.inputs.js';
import type { RepositoryImageType } from './repository-image.type.js';

/** Entries (alias `o`) of repositories, with the image of the same uuid (`i`) and the one they build on (`base`). */
export const OFFERED_FROM = plainText(`repository_image o left join image i on i.uuid = o.uuid
  left join image base on base.uuid = o.origin and base.status = 'OK'`);

/** An image that came from this repository without a file gets it by being imported again, while there is an image server. */
const LACKS_FILE = `(i.file_sha1 is null and i.status = 'OK' and coalesce(i.repository_id, 0) = o.repository_id
  and exists (select 1 from global_settings g where g.image_server_id is not null))`;

/** The catalogue has it, file and all. */
const IS_KNOWN = `(i.id is not null and not ${LACKS_FILE})`;

/** Why an entry cannot be imported now, as a code; null when it can. */
const REASON = `case when o.problem is not null then o.problem when ${IS_KNOWN} then 'ALREADY_EXISTS'
  when o.origin is not null and base.id is null then 'MISSING_ORIGIN' end`;

export type OfferedRow = readonly [
  id: number, place: string | number, imageId: number | null, uuid: string, name: string, version: string, osType: OsType | null, type: string,
  description: string, homepage: string | null, size: number, downloadSize: Big, state: string, publishedAt: Big | null, origin: string | null,
  reason: string | null, manifest: string | null,
];

/** Fields that are nothing but a column; where nobody asks for one, its place in the row is null. */
const PLAIN = { name: 'o.name', version: 'o.version', osType: 'o.os_type', type: 'o.type', description: 'o.description', homepage: 'o.homepage', size: 'o.size_mib', downloadSize: 'o.download_size', state: 'o.state', publishedAt: 'o.published_at', origin: 'o.origin' };

/** Columns of OfferedRow for what is asked of the entries; `order` is the one that a list is ordered by. Manifests are large. */
export function offeredColumns(order: string, { fields }: ObjectSelection): SqlText {
  const plain = Object.entries(PLAIN).map(([field, column], at) => `${fields.has(field) ? column : 'null'} as c${at}`);
  return plainText(`o.id, ${order} as place, i.id as image_id, o.uuid, ${plain.join(', ')}, ${REASON} as reason,
    ${fields.has('manifest') ? 'o.manifest' : 'null as manifest'}`);
}

const IMPORTABLE = `(o.problem is null and not ${IS_KNOWN} and (o.origin is null or base.id is not null))`;

/** Who imported images placed by hand already is a SuperAdmin's business. */
export function hidesKnownEntries(viewer: Viewer, repository: ImageRepositoryType): boolean {
  return repository.isLocal && !viewer.isSuperAdmin;
}

/**
 * What readers see of a repository: the present generation. The plus keeps planners from reading all of it by its generation:
 * a page is read along the order of the list.
 */
export function offeredBy(viewer: Viewer, repository: ImageRepositoryType): Condition {
  const generation = sqlText`(select r.generation from image_repository r where r.id = ${repository.id})`;
  const present = sqlText`o.repository_id = ${repository.id} and ${generation} >= +o.from_generation and ${generation} < +o.to_generation`;
  return hidesKnownEntries(viewer, repository) ? allOf([present, plainText('i.id is null')]) : present;
}

/** Null: the filter restricts nothing. */
export function offeredFilter(filter: RepositoryImageFilter | null | undefined): Condition | null {
  const conditions: Condition[] = [];
  if (filter?.search) conditions.push(contains('o.search_text', filter.search));
  if (filter?.osType?.length) conditions.push(oneOf('o.os_type', filter.osType));
  if (filter?.type?.length) conditions.push(oneOf('o.type', filter.type));
  if (filter?.publishedAfter) conditions.push(sqlText`o.published_at > ${filter.publishedAfter.getTime()}`);
  if (typeof filter?.importable === 'boolean') conditions.push(plainText(filter.importable ? IMPORTABLE : `not ${IMPORTABLE}`));
  return conditions.length === 0 ? null : allOf(conditions);
}

/** Narrows a search to the entries that the index finds, where these are few; SQLite only, Postgres decides by itself. */
export async function searchedOffers(em: SqlEntityManager, filter: RepositoryImageFilter | null | undefined): Promise<Condition[]> {
  if (!filter?.search || !isSqlite(em)) return [];
  const found = await fewestOf(em, [{ kind: 'search', ids: searchedIds('repository_image', filter.search) }]);
  return found === null ? [] : [sqlText`o.id in (${found.ids})`];
}

export const OFFERED_ORDER: Record<RepositoryImageOrderField, { column: string; value: 'string' | 'number' }> = {
  PUBLISHED_AT: { column: 'o.published_sort', value: 'number' },
  NAME: { column: 'o.name', value: 'string' },
  SIZE: { column: 'o.size_mib', value: 'number' },
};

/** What was not asked for is not there. `images` are those of the catalogue behind the entries, as far as the viewer sees them and they were asked for. */
export function toOffered(row: OfferedRow, repository: ImageRepositoryType, images: ReadonlyMap<number, ImageType>, { fields }: ObjectSelection): RepositoryImageType {
  const [id, , imageId, uuid, name, version, osType, type, description, homepage, size, downloadSize, state, publishedAt, origin, reason, manifest] = row;
  return {
    id,
    repositoryId: repository.id,
    repositoryUrl: repository.url,
    imageId,
    repository,
    image: imageId === null ? null : (images.get(imageId) ?? null),
    manifestUrl: fields.has('manifestUrl') ? manifestUrlOf(repository.url, uuid) : '',
    uuid,
    name,
    version,
    osType,
    type,
    description,
    homepage,
    size,
    downloadSize: Number(downloadSize),
    state,
    publishedAt: publishedAt === null ? null : Number(publishedAt),
    origin,
    manifest: manifest === null ? null : (JSON.parse(manifest) as unknown),
    importable: reason === null,
    notImportableReason: reason,
  };
}
