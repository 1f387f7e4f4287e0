import type { Collection, Reference } from '@mikro-orm/core';
import type { Viewer } from '../access/viewer.js';
import type { VisibleDatacenters } from '../datacenters/datacenter-cache.js';
import type { OsType } from '../imgapi/os-type.js';
import type { Column } from '../platform/database/columns.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';
import { asBoolean, type Tables } from '../platform/database/tables.js';
import type { FileFormat } from './file-kind/signatures.js';
import type { Image } from './image.entity.js';
import type { ImageAccess, ImageStatus } from './image.enums.js';
import type { ImageType, SelectedImage } from './image.type.js';
import { attachedWhereAllowed } from './image.visibility.js';

/** What readers look up in memory instead of joining its table. */
export interface InMemory {
  datacenters: VisibleDatacenters;
  /** By user id. */
  usernames: ReadonlyMap<number, string>;
}

type Selected<T> = T extends { readonly __select__: infer Value } ? Value : T;
type RowOf<Table extends keyof Tables> = { [Name in keyof Tables[Table]]: Selected<Tables[Table][Name]> };

/** The checks of the database allow no other values in the first three, and only the gateway writes the fourth. */
type ImageRow = Omit<RowOf<'image'>, 'access' | 'status' | 'os_type' | 'file_format'> & {
  access: ImageAccess;
  status: ImageStatus;
  os_type: OsType;
  file_format: FileFormat | null;
};

/** The tables under the aliases that statements of images give them. */
interface Joined {
  i: ImageRow;
  b: { datacenter_id: number | null };
  u: RowOf<'user_account'>;
}
type JoinedColumn = { [Alias in keyof Joined]: `${Alias}.${keyof Joined[Alias] & string}` }[keyof Joined] & Column;
type ValueOf<C> = { [Alias in keyof Joined]: C extends `${Alias}.${infer Name extends keyof Joined[Alias] & string}` ? Joined[Alias][Name] : never }[keyof Joined];

/**
 * The columns that fill a field of Image, and how. `read` takes the value of its one column, or the values of its several. It assigns a
 * property by a constant name, which keeps V8's inline caches monomorphic.
 */
export interface FieldReader<C extends JoinedColumn = JoinedColumn> {
  columns: readonly C[];
  read: (image: SelectedImage, value: never, inMemory: InMemory) => void;
}

function column<C extends JoinedColumn>(name: C, read: (image: SelectedImage, value: ValueOf<C>, inMemory: InMemory) => void): FieldReader<C> {
  return { columns: [name], read };
}

function columns<const C extends readonly JoinedColumn[]>(
  names: C,
  read: (image: SelectedImage, values: { readonly [At in keyof C]: ValueOf<C[At]> }) => void,
): FieldReader<C[number]> {
  return { columns: names, read };
}

/** The datacenter that the image is bound to. `ATTACHMENTS` fills the same fields and more. */
export const BINDING = column('b.datacenter_id', (image, id, { datacenters }) => {
  image.boundDatacenterId = id;
  image.dcBound = id !== null;
  image.boundDatacenter = datacenters.byId(id);
});

/** Triggers of the database keep the attachments in the row of the image, as `1,-7`: the minus marks the datacenter it is bound to. */
export const ATTACHMENTS = column('i.places', (image, ids, { datacenters }) => {
  const bound = /-(\d+)/.exec(ids)?.[1];
  image.datacenters = ids === '' ? [] : datacenters.list(ids.replace('-', ''));
  image.boundDatacenterId = bound === undefined ? null : Number(bound);
  image.dcBound = bound !== undefined;
  image.boundDatacenter = datacenters.byId(image.boundDatacenterId);
});

/** The whole owner, which takes a join. */
export const OWNER = columns(
  ['i.owner_id', 'u.username', 'u.email', 'u.is_super_admin', 'u.active', 'u.created_at'],
  (image, [id, username, email, superAdmin, active, createdAt]) => {
    image.ownerId = id;
    image.owner = { id, username, email, isSuperAdmin: asBoolean(superAdmin), active: asBoolean(active), createdAt: Number(createdAt) };
  },
);

/** The owner with its name alone, which most lists show and memory knows. */
export const OWNER_NAME = column('i.owner_id', (image, id, { usernames }) => {
  const username = usernames.get(id);
  image.ownerId = id;
  image.owner = username === undefined ? { id } : { id, username };
});

/** A check of the database allows only rows with size, checksums and compression, or with none of them. */
const FILE = columns(['i.file_size', 'i.file_sha1', 'i.file_sha256', 'i.file_compression', 'i.file_format', 'i.file_key'], (image, [size, sha1, sha256, compression, format, attempt]) => {
  image.guardedFile = sha1 === null || sha256 === null ? null : { size: Number(size), sha1, sha256, compression: compression ?? 'none', format: format ?? 'UNKNOWN', attempt };
});

/**
 * Every field of Image that columns fill. A selection of fields that all have an entry reads their columns alone; any other field has a
 * resolver of its own, for which the whole image is read. A field of `ImageType` without an entry does not compile; for a column
 * without one, see `COLUMNS_WITHOUT_FIELD`.
 */
export const IMAGE_FIELDS = {
  uuid: column('i.uuid', (image, uuid) => void (image.uuid = uuid)),
  name: column('i.name', (image, name) => void (image.name = name)),
  alias: column('i.alias', (image, alias) => void (image.alias = alias)),
  version: column('i.version', (image, version) => void (image.version = version)),
  access: column('i.access', (image, access) => void (image.access = access)),
  size: column('i.size_mib', (image, size) => void (image.size = size)),
  osType: column('i.os_type', (image, osType) => void (image.osType = osType)),
  status: column('i.status', (image, status) => void (image.status = status)),
  resize: column('i.resize', (image, resize) => void (image.resize = asBoolean(resize))),
  deploy: column('i.deploy', (image, deploy) => void (image.deploy = asBoolean(deploy))),
  description: column('i.description', (image, description) => void (image.description = description)),
  homepage: column('i.homepage', (image, homepage) => void (image.homepage = homepage)),
  createdAt: column('i.created_at', (image, createdAt) => void (image.createdAt = Number(createdAt))),
  updatedAt: column('i.updated_at', (image, updatedAt) => void (image.updatedAt = Number(updatedAt))),
  // A trigger of the database keeps them in the row of the image, as JSON.
  tags: column('i.tag_list', (image, tags) => void (image.tags = tags === '[]' ? [] : (JSON.parse(tags) as string[]))),
  dcBound: BINDING,
  boundDatacenter: BINDING,
  boundDatacenterId: BINDING,
  datacenters: ATTACHMENTS,
  owner: OWNER,
  ownerId: OWNER,
  repositoryId: column('i.repository_id', (image, id) => void (image.repositoryId = id)),
  sourceSnapshotId: column('i.source_snapshot_id', (image, id) => void (image.sourceSnapshotId = id)),
  originUuid: column('i.origin', (image, uuid) => void (image.originUuid = uuid)),
  guardedManifestUrl: column('i.manifest_url', (image, url) => void (image.guardedManifestUrl = url)),
  guardedFile: FILE,
} satisfies Record<Exclude<keyof ImageType, 'id' | 'inspectable' | 'isDryRun'>, FieldReader>;

/** `fileSha1` -> `file_sha1`, as the naming strategy of the entities does. */
type Underscored<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Underscored<Rest>}`
  : '';
type StoredAs<Name extends string, Value> = Value extends Collection<infer _Row> ? never : Value extends Reference<infer _Row> ? `${Underscored<Name>}_id` : Underscored<Name>;
type EntityColumn = { [Name in keyof Image & string]-?: StoredAs<Name, NonNullable<Image[Name]>> }[keyof Image & string];
type OfImage<C> = C extends `i.${infer Name}` ? Name : never;
type FieldColumn = OfImage<(typeof IMAGE_FIELDS)[keyof typeof IMAGE_FIELDS]['columns'][number]>;

/** Columns of the entity that fill no field of Image, and what reads them. A column that is neither here nor in `IMAGE_FIELDS` does not compile. */
export const COLUMNS_WITHOUT_FIELD = {
  id: 'every statement of images',
  owner_name: 'the order OWNER',
  in_use: 'the filter `inUse`',
  name_key: 'its unique index',
  alias_key: 'the unique index of alias and version',
  version_key: 'the unique index of alias and version',
  search_text: 'the filter `search`',
  file_md5: 'the image server, as Content-MD5',
  published_at: 'lists of the image server',
  manifest: '`ImageQueries.manifest`: it is long, so it is read for the one image that shows it',
} satisfies Record<Exclude<EntityColumn | keyof Tables['image'], FieldColumn>, string>;

/** Whether this viewer may see the guarded fields. */
export function inspectableColumn(viewer: Viewer): SqlText {
  return viewer.isSuperAdmin ? sqlText`1` : sqlText`(case when ${attachedWhereAllowed(viewer, 'image.inspect')} then 1 else 0 end)`;
}
