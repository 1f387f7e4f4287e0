import type { UserType } from '../access/people/user.type.js';
import type { Viewer } from '../access/viewer.js';
import type { VisibleDatacenters } from '../datacenters/datacenter-cache.js';
import type { OsType } from '../imgapi/os-type.js';
import type { Column } from '../platform/database/columns.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';
import { asBoolean, type Big, type Flag } from '../platform/database/tables.js';
import type { ImageAccess, ImageStatus } from './image.enums.js';
import type { ImageType } from './image.type.js';
import { attachedWhereAllowed } from './image.visibility.js';

/** A row as the driver gives it: values in the order of the columns. */
export type Row = readonly unknown[];

/** What is known in memory already. */
export interface Known {
  seen: VisibleDatacenters;
  names: ReadonlyMap<number, string>;
}

type Put = (image: ImageType, row: Row, at: number, known: Known) => void;

/** Some columns of the statement, and what becomes of them. */
export interface Part {
  columns: readonly Column[];
  /** `at` is the place of the first of the columns. */
  put: Put;
}

function part(column: Column, put: Put): Part {
  return { columns: [column], put };
}

/** Where it is bound; a list of where it is attached says so too. */
export const BOUND = part('b.datacenter_id', (image, row, at, { seen }) => {
  const id = row[at] as number | null;
  image.boundDatacenterId = id;
  image.dcBound = id !== null;
  image.boundDatacenter = seen.byId(id);
});

/** Fields of the type Image that a column or two answer, whoever asks. Each names its property, as that is what makes them quick. */
export const FIELD_PARTS: ReadonlyMap<string, Part> = new Map([
  ['uuid', part('i.uuid', (image, row, at) => void (image.uuid = row[at] as string))],
  ['name', part('i.name', (image, row, at) => void (image.name = row[at] as string))],
  ['alias', part('i.alias', (image, row, at) => void (image.alias = row[at] as string))],
  ['version', part('i.version', (image, row, at) => void (image.version = row[at] as string))],
  ['access', part('i.access', (image, row, at) => void (image.access = row[at] as ImageAccess))],
  ['size', part('i.size_mib', (image, row, at) => void (image.size = row[at] as number))],
  ['osType', part('i.os_type', (image, row, at) => void (image.osType = row[at] as OsType))],
  ['status', part('i.status', (image, row, at) => void (image.status = row[at] as ImageStatus))],
  ['resize', part('i.resize', (image, row, at) => void (image.resize = asBoolean(row[at] as Flag)))],
  ['deploy', part('i.deploy', (image, row, at) => void (image.deploy = asBoolean(row[at] as Flag)))],
  ['description', part('i.description', (image, row, at) => void (image.description = row[at] as string))],
  ['homepage', part('i.homepage', (image, row, at) => void (image.homepage = row[at] as string | null))],
  ['createdAt', part('i.created_at', (image, row, at) => void (image.createdAt = Number(row[at])))],
  ['updatedAt', part('i.updated_at', (image, row, at) => void (image.updatedAt = Number(row[at])))],
  ['dcBound', BOUND],
  ['boundDatacenter', BOUND],
]);

/** What field resolvers need to know of an image beyond its fields; `inspectable` depends on who asks. */
export const INNER_PARTS: readonly Part[] = [
  part('i.repository_id', (image, row, at) => void (image.repositoryId = row[at] as number | null)),
  part('i.source_snapshot_id', (image, row, at) => void (image.sourceSnapshotId = row[at] as number | null)),
  part('i.manifest_url', (image, row, at) => void (image.guardedManifestUrl = row[at] as string | null)),
  {
    columns: ['i.file_size', 'i.file_sha1', 'i.file_sha256', 'i.file_compression'],
    put: (image, row, at) => void (image.guardedFile = fileOf(row, at)),
  },
];

/** All four columns are there or none is; the database holds that. */
function fileOf(row: Row, at: number): ImageType['guardedFile'] {
  const [size, sha1, sha256, compression] = row.slice(at, at + 4);
  if (typeof sha1 !== 'string' || typeof sha256 !== 'string') return null;
  return { size: Number(size), sha1, sha256, compression: (compression as string | null) ?? 'none' };
}

/** The owner by name alone, which is what lists show: the name is known by the id. */
export const OWNER_NAME = part('i.owner_id', (image, row, at, { names }) => {
  const id = row[at] as number;
  image.ownerId = id;
  // Nothing else was asked of it.
  image.owner = { id, username: names.get(id) } as UserType;
});

export const OWNER: Part = {
  columns: ['i.owner_id', 'u.username', 'u.email', 'u.is_super_admin', 'u.active', 'u.created_at'],
  put: (image, row, at) => {
    const [id, username, email, superAdmin, active, createdAt] = row.slice(at, at + 6) as [number, string, string | null, Flag, Flag, Big];
    image.ownerId = id;
    image.owner = { id, username, email, isSuperAdmin: asBoolean(superAdmin), active: asBoolean(active), createdAt: Number(createdAt) };
  },
};

/** A trigger of the database keeps them in the row, as JSON, so that a list reads one place for each image. */
export const TAGS: Part = part('i.tag_list', (image, row, at) => {
  const tags = row[at] as string;
  image.tags = tags === '[]' ? [] : (JSON.parse(tags) as string[]);
});

/** Where the image is attached, kept in the row likewise: ids as `1,-7`; the datacenter it is bound to has a minus. */
export const PLACES: Part = part('i.places', (image, row, at, { seen }) => {
  const text = row[at] as string;
  const bound = /-(\d+)/.exec(text)?.[1];
  image.datacenters = text === '' ? [] : seen.list(text.replace('-', ''));
  image.boundDatacenterId = bound === undefined ? null : Number(bound);
  image.dcBound = bound !== undefined;
  image.boundDatacenter = seen.byId(image.boundDatacenterId);
});

/** Whether this viewer may see the guarded fields. */
export function inspectableColumn(viewer: Viewer): SqlText {
  return viewer.isSuperAdmin ? sqlText`1` : sqlText`(case when ${attachedWhereAllowed(viewer, 'image.inspect')} then 1 else 0 end)`;
}
