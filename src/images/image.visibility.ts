import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Viewer } from '../access/viewer.js';
import { visibleDatacenters } from '../datacenters/datacenter.visibility.js';
import { ALWAYS, allOf, anyOf, type Condition, oneOf } from '../platform/conditions.js';

/** Attached to a datacenter where the viewer is at least DCAdmin. */
export function attachedWhereAdmin(viewer: Viewer): Condition {
  const administered = oneOf('a.datacenter_id', viewer.datacentersWith('dcAdmin'));
  return sql<SqlBool>`exists (select 1 from image_attachment a where a.image_id = i.id and ${administered})`;
}

export function attachedTo(datacenterId: number): Condition {
  return sql<SqlBool>`exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id = ${datacenterId})`;
}

const notDeleted: Condition = sql<SqlBool>`i.access <> 'DELETED'`;

/** Deleted, and bound to a datacenter where the viewer is ImageAdmin: what `showDeleted` adds, and nobody else sees. */
function deletedButManaged(viewer: Viewer): Condition {
  const managed = oneOf('a.datacenter_id', viewer.datacentersWith('imageAdmin'));
  return sql<SqlBool>`(i.access = 'DELETED'
    and exists (select 1 from image_attachment a where a.bound_image_id = i.id and ${managed}))`;
}

/**
 * Ready, and public or private to this viewer: what a new disk may take where the image is attached. The rule that
 * decides a server's disk is the same one.
 */
export function usable(viewer: Viewer): Condition {
  const mayUse = viewer.isSuperAdmin
    ? notDeleted
    : sql<SqlBool>`(i.access = 'PUBLIC' or (i.access = 'PRIVATE' and i.owner_id = ${viewer.userId}))`;
  return allOf([sql<SqlBool>`i.status = 'OK'`, mayUse]);
}

function attachedWhereVisible(viewer: Viewer): Condition {
  return sql<SqlBool>`exists (select 1 from image_attachment a join datacenter d on d.id = a.datacenter_id
    where a.image_id = i.id and ${visibleDatacenters(viewer)})`;
}

/** Images (alias `i`) that exist for this viewer, wherever they are met: alone, behind a relation, as an entity. */
export function visibleImages(viewer: Viewer): Condition {
  if (viewer.isSuperAdmin) return ALWAYS;
  return anyOf([
    allOf([notDeleted, attachedWhereAdmin(viewer)]),
    allOf([usable(viewer), attachedWhereVisible(viewer)]),
    deletedButManaged(viewer),
  ]);
}

function withoutDeleted(viewer: Viewer, showDeleted: boolean): Condition {
  if (!showDeleted) return notDeleted;
  return viewer.isSuperAdmin ? ALWAYS : anyOf([notDeleted, deletedButManaged(viewer)]);
}

/** The images that a list may show. */
export interface ImageScope {
  /** Only images attached there; null: wherever they are. */
  datacenterId: number | null;
  where: Condition;
  /** Ids that hold all of them, where these may be few; `most` as `Candidates` has it. */
  few: { ids: RawBuilder<unknown>; most?: number } | null;
}

/** The managed list of one datacenter; the caller has been found to be DCAdmin there. */
export function imagesOfDatacenter(viewer: Viewer, datacenterId: number, showDeleted: boolean): ImageScope {
  return { datacenterId, where: withoutDeleted(viewer, showDeleted), few: null };
}

/** The list over all datacenters: for a SuperAdmin every image, attached or not. */
export function imagesEverywhere(viewer: Viewer, showDeleted: boolean): ImageScope {
  const where = withoutDeleted(viewer, showDeleted);
  if (viewer.isSuperAdmin) return { datacenterId: null, where, few: null };
  const administered = viewer.datacentersWith('dcAdmin');
  const [only] = administered;
  if (only !== undefined && administered.length === 1) return { datacenterId: only, where, few: null };
  const ids = sql`select distinct x.image_id as id from image_attachment x where ${oneOf('x.datacenter_id', administered)}`;
  return { datacenterId: null, where: allOf([attachedWhereAdmin(viewer), where]), few: { ids } };
}

/** A probe for each page of a plain user: kept short. */
const FEW_USABLE = 200;

export function usableInDatacenter(viewer: Viewer, datacenterId: number): ImageScope {
  const ids = sql`select x.id from image x where x.access = 'PUBLIC' union all select x.id from image x where x.owner_id = ${viewer.userId}`;
  return { datacenterId, where: usable(viewer), few: viewer.isSuperAdmin ? null : { ids: sql`select * from (${ids})`, most: FEW_USABLE } };
}
