import type { UserType } from '../access/user.type.js';
import type { Viewer } from '../access/viewer.js';
import type { SeenDatacenters } from '../datacenters/datacenter-catalogue.js';
import { plainText, type SqlText, sqlText } from '../platform/sql-text.js';
import { asBoolean, type Flag } from '../platform/tables.js';
import type { ImageType } from './image.type.js';
import { attachedWhereAdmin } from './image.visibility.js';

/** A row as the driver gives it: values in the order of the columns. */
export type Row = readonly unknown[];

/** What is known in memory already. */
export interface Known {
  seen: SeenDatacenters;
  names: ReadonlyMap<number, string>;
}

type Put = (image: ImageType, row: Row, at: number, known: Known) => void;

/** Some columns of the statement, and what becomes of them. */
export interface Part {
  columns: readonly string[];
  /** `at` is the place of the first of the columns. */
  put: Put;
}

function copied(property: keyof ImageType, column: string): Part {
  return { columns: [column], put: (image, row, at) => (image[property] = row[at] as never) };
}

function flag(property: keyof ImageType, column: string): Part {
  return { columns: [column], put: (image, row, at) => (image[property] = asBoolean(row[at] as Flag) as never) };
}

function instant(property: 'createdAt' | 'updatedAt', column: string): Part {
  return { columns: [column], put: (image, row, at) => (image[property] = Number(row[at])) };
}

/** Where it is bound; a list of where it is attached says so too. */
export const BOUND: Part = {
  columns: ['b.datacenter_id'],
  put: (image, row, at, { seen }) => {
    const id = row[at] as number | null;
    image.boundDatacenterId = id;
    image.dcBound = id !== null;
    image.loadedBoundDatacenter = seen.byId(id);
  },
};

/** Fields of the type Image that a column or two answer, whoever asks. */
export const FIELD_PARTS: Readonly<Record<string, Part>> = {
  uuid: copied('uuid', 'i.uuid'),
  name: copied('name', 'i.name'),
  alias: copied('alias', 'i.alias'),
  version: copied('version', 'i.version'),
  access: copied('access', 'i.access'),
  size: copied('size', 'i.size_mib'),
  osType: copied('osType', 'i.os_type'),
  status: copied('status', 'i.status'),
  resize: flag('resize', 'i.resize'),
  deploy: flag('deploy', 'i.deploy'),
  description: copied('description', 'i.description'),
  homepage: copied('homepage', 'i.homepage'),
  createdAt: instant('createdAt', 'i.created_at'),
  updatedAt: instant('updatedAt', 'i.updated_at'),
  dcBound: BOUND,
  boundDatacenter: BOUND,
};

/** What field resolvers need to know of an image beyond its fields; `inspectable` depends on who asks. */
export const INNER_PARTS: readonly Part[] = [
  copied('ownerId', 'i.owner_id'),
  copied('repositoryId', 'i.repository_id'),
  copied('sourceSnapshotId', 'i.source_snapshot_id'),
  copied('guardedManifestUrl', 'i.manifest_url'),
  {
    columns: ['i.file_size', 'i.file_sha1', 'i.file_sha256', 'i.file_compression'],
    put: (image, row, at) => (image.guardedFile = fileOf(row, at)),
  },
];

/** All four columns are there or none is; the database holds that. */
function fileOf(row: Row, at: number): ImageType['guardedFile'] {
  const [size, sha1, sha256, compression] = row.slice(at, at + 4);
  if (typeof sha1 !== 'string' || typeof sha256 !== 'string') return null;
  return { size: Number(size), sha1, sha256, compression: (compression as string | null) ?? 'none' };
}

/** The owner by name alone, which is what lists show: the name is known by the id. */
export const OWNER_NAME: Part = {
  columns: ['i.owner_id'],
  put: (image, row, at, { names }) => {
    const id = row[at] as number;
    image.ownerId = id;
    const username = names.get(id);
    // Nothing else was asked of it.
    if (username !== undefined) image.loadedOwner = { id, username } as UserType;
  },
};

export const OWNER: Part = {
  columns: ['i.owner_id', 'u.username', 'u.email', 'u.is_super_admin', 'u.active', 'u.created_at'],
  put: (image, row, at) => {
    const [id, username, email, superAdmin, active, createdAt] = row.slice(at, at + 6) as [number, string, string | null, Flag, Flag, number];
    image.ownerId = id;
    image.loadedOwner = { id, username, email, isSuperAdmin: asBoolean(superAdmin), active: asBoolean(active), createdAt: Number(createdAt) };
  },
};

/** Ids of the datacenters as `1b,7,3`, with a `b` behind the one it is bound to: the catalogue knows the rest of them. */
export function attachedPart(isSqlite: boolean): Part {
  const id = `cast(z.datacenter_id as text) || case when z.bound_image_id is null then '' else 'b' end`;
  const list = isSqlite ? `group_concat(${id})` : `string_agg(${id}, ',')`;
  return {
    columns: [`(select ${list} from image_attachment z where z.image_id = i.id)`],
    put: (image, row, at, { seen }) => {
      const { all, bound, boundId } = seen.attached((row[at] as string | null) ?? '');
      image.loadedDatacenters = all;
      image.boundDatacenterId = boundId;
      image.dcBound = boundId !== null;
      image.loadedBoundDatacenter = bound;
    },
  };
}

export function tagsPart(isSqlite: boolean): Part {
  const list = isSqlite ? 'json_group_array(z.tag order by z.position)' : 'cast(json_agg(z.tag order by z.position) as text)';
  return {
    columns: [`(select ${list} from image_tag z where z.image_id = i.id)`],
    put: (image, row, at) => {
      const tags = row[at] as string | null;
      image.tags = tags === null || tags === '[]' ? [] : (JSON.parse(tags) as string[]);
    },
  };
}

/** Whether this viewer may see the guarded fields. */
export function inspectableColumn(viewer: Viewer): SqlText {
  return viewer.isSuperAdmin ? plainText('1') : sqlText`(case when ${attachedWhereAdmin(viewer)} then 1 else 0 end)`;
}
