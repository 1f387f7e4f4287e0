import { sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import type { OsType } from '../imgapi/os-type.js';
import { asBoolean, type Flag } from '../platform/tables.js';
import type { ImageAccess, ImageStatus } from './image.enums.js';
import type { ImageType } from './image.type.js';
import { attachedWhereAdmin } from './image.visibility.js';

export interface ImageRow {
  id: number;
  uuid: string;
  name: string;
  alias: string;
  version: string;
  access: ImageAccess;
  owner_id: number;
  bound_id: number | null;
  size_mib: number;
  os_type: OsType;
  status: ImageStatus;
  resize: Flag;
  deploy: Flag;
  description: string;
  homepage: string | null;
  repository_id: number | null;
  manifest_url: string | null;
  source_snapshot_id: number | null;
  file_size: number | string | null;
  file_sha1: string | null;
  file_sha256: string | null;
  file_compression: string | null;
  created_at: number | string;
  updated_at: number | string;
  inspectable: Flag;
}

/** Columns of ImageRow over `IMAGE_FROM`; `inspectable` says whether this viewer may see the guarded fields. */
export function imageColumns(viewer: Viewer): ReturnType<typeof sql> {
  const inspectable = viewer.isSuperAdmin ? sql`1` : sql`(case when ${attachedWhereAdmin(viewer)} then 1 else 0 end)`;
  return sql`i.id, i.uuid, i.name, i.alias, i.version, i.access, i.owner_id, b.datacenter_id as bound_id, i.size_mib,
    i.os_type, i.status, i.resize, i.deploy, i.description, i.homepage, i.repository_id, i.manifest_url,
    i.source_snapshot_id, i.file_size, i.file_sha1, i.file_sha256, i.file_compression, i.created_at, i.updated_at,
    ${inspectable} as inspectable`;
}

/** An image is bound to one datacenter at most, so the join adds no row. */
export const IMAGE_FROM = sql`image i left join image_attachment b on b.bound_image_id = i.id`;

/** `tags` are filled in from their own statement. */
export function toImage(row: ImageRow): ImageType {
  return {
    id: row.id,
    ownerId: row.owner_id,
    boundDatacenterId: row.bound_id,
    repositoryId: row.repository_id,
    sourceSnapshotId: row.source_snapshot_id,
    inspectable: asBoolean(row.inspectable),
    guardedManifestUrl: row.manifest_url,
    guardedFile: fileOf(row),
    uuid: row.uuid,
    name: row.name,
    alias: row.alias,
    version: row.version,
    access: row.access,
    dcBound: row.bound_id !== null,
    size: row.size_mib,
    osType: row.os_type,
    status: row.status,
    resize: asBoolean(row.resize),
    deploy: asBoolean(row.deploy),
    description: row.description,
    tags: [],
    homepage: row.homepage,
    createdAt: new Date(Number(row.created_at)),
    updatedAt: new Date(Number(row.updated_at)),
  };
}

/** All four columns are there or none is; the database holds that. */
function fileOf(row: ImageRow): ImageType['guardedFile'] {
  if (row.file_size === null || row.file_sha1 === null || row.file_sha256 === null) return null;
  return {
    size: Number(row.file_size),
    sha1: row.file_sha1,
    sha256: row.file_sha256,
    compression: row.file_compression ?? 'none',
  };
}
