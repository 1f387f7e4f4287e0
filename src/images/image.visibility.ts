import type { Viewer } from '../access/viewer.js';
import { visibleDatacenters } from '../datacenters/datacenter.visibility.js';
import { ALWAYS, allOf, anyOf, oneOf } from '../platform/conditions.js';
import { type SqlText, sqlText } from '../platform/sql-text.js';

/** Attached to a datacenter where the viewer is at least DCAdmin. */
export function attachedWhereAdmin(viewer: Viewer): SqlText {
  const administered = oneOf('a.datacenter_id', viewer.datacentersWith('dcAdmin'));
  return sqlText`exists (select 1 from image_attachment a where a.image_id = i.id and ${administered})`;
}

export function attachedTo(datacenterId: number): SqlText {
  return sqlText`exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id = ${datacenterId})`;
}

const notDeleted: SqlText = sqlText`i.access <> 'DELETED'`;

/** Deleted, and bound to a datacenter where the viewer is ImageAdmin: what `showDeleted` adds, and nobody else sees. */
function deletedButManaged(viewer: Viewer): SqlText {
  const managed = oneOf('a.datacenter_id', viewer.datacentersWith('imageAdmin'));
  return sqlText`(i.access = 'DELETED'
    and exists (select 1 from image_attachment a where a.bound_image_id = i.id and ${managed}))`;
}

/**
 * Ready, and public or private to this viewer: what a new disk may take where the image is attached. The rule that
 * decides a server's disk is the same one.
 */
export function usable(viewer: Viewer): SqlText {
  const mayUse = viewer.isSuperAdmin
    ? notDeleted
    : sqlText`(i.access = 'PUBLIC' or (i.access = 'PRIVATE' and i.owner_id = ${viewer.userId}))`;
  // Said this way round because nearly every image is OK: an index on that would only lead a list away from its order.
  return allOf([sqlText`i.status <> 'PENDING'`, mayUse]);
}

function attachedWhereVisible(viewer: Viewer): SqlText {
  return sqlText`exists (select 1 from image_attachment a join datacenter d on d.id = a.datacenter_id
    where a.image_id = i.id and ${visibleDatacenters(viewer)})`;
}

/** Images (alias `i`) that exist for this viewer, wherever they are met: alone, behind a relation, as an entity. */
export function visibleImages(viewer: Viewer): SqlText {
  if (viewer.isSuperAdmin) return ALWAYS;
  return anyOf([
    allOf([notDeleted, attachedWhereAdmin(viewer)]),
    allOf([usable(viewer), attachedWhereVisible(viewer)]),
    deletedButManaged(viewer),
  ]);
}

function withoutDeleted(viewer: Viewer, showDeleted: boolean): SqlText {
  if (!showDeleted) return notDeleted;
  return viewer.isSuperAdmin ? ALWAYS : anyOf([notDeleted, deletedButManaged(viewer)]);
}

/** The managed list of one datacenter; the caller has been found to be DCAdmin there. */
export function imagesOfDatacenter(viewer: Viewer, datacenterId: number, showDeleted: boolean): SqlText {
  return allOf([attachedTo(datacenterId), withoutDeleted(viewer, showDeleted)]);
}

/** The list over all datacenters: for a SuperAdmin every image, attached or not. */
export function imagesEverywhere(viewer: Viewer, showDeleted: boolean): SqlText {
  const where = withoutDeleted(viewer, showDeleted);
  return viewer.isSuperAdmin ? where : allOf([attachedWhereAdmin(viewer), where]);
}

export function usableInDatacenter(viewer: Viewer, datacenterId: number): SqlText {
  return allOf([attachedTo(datacenterId), usable(viewer)]);
}
