import type { DatacenterAction } from '../access/matrix.js';
import type { Viewer } from '../access/viewer.js';
import { visibleDatacenters } from '../datacenters/datacenter.visibility.js';
import { ALWAYS, allOf, anyOf, oneOfIds } from '../platform/database/list/conditions.js';
import { Memo } from '../platform/memory/memo.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';

/** Of more datacenters, it is quicker to read where an image is attached than to look each of them up in an index. */
const LOOKED_UP = 8;

/** The plus keeps the planner of SQLite from a thousand look-ups for each image. */
function attachedToOneOf(ids: readonly number[]): SqlText {
  return oneOfIds(ids.length > LOOKED_UP ? '+a.datacenter_id' : 'a.datacenter_id', ids);
}

/** Attached to a datacenter whose permissions allow the viewer that action. */
export function attachedWhereAllowed(viewer: Viewer, action: DatacenterAction): SqlText {
  const allowed = attachedToOneOf(viewer.datacentersWhere(action));
  return sqlText`exists (select 1 from image_attachment a where a.image_id = i.id and ${allowed})`;
}

export function attachedTo(datacenterId: number): SqlText {
  return sqlText`exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id = ${datacenterId})`;
}

const notDeleted: SqlText = sqlText`i.access <> 'DELETED'`;

/** Deleted, and bound to a datacenter where the viewer may update images: what `showDeleted` adds, and nobody else sees. */
function deletedButManaged(viewer: Viewer): SqlText {
  const managed = attachedToOneOf(viewer.datacentersWhere('image.update'));
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

/** A viewer never changes, and the text of its condition is long. */
const visible = new WeakMap<Viewer, SqlText>();

/** Images (alias `i`) that exist for this viewer, wherever they are met: alone, behind a relation, as an entity. */
export function visibleImages(viewer: Viewer): SqlText {
  let condition = visible.get(viewer);
  if (condition === undefined) visible.set(viewer, (condition = conditionFor(viewer)));
  return condition;
}

function conditionFor(viewer: Viewer): SqlText {
  if (viewer.isSuperAdmin) return ALWAYS;
  return anyOf([
    // First what is so of nearly every image: where one may administer can be a long list.
    allOf([usable(viewer), attachedWhereVisible(viewer)]),
    allOf([notDeleted, attachedWhereAllowed(viewer, 'image.list')]),
    deletedButManaged(viewer),
  ]);
}

/**
 * The same for images met by an attachment `x` to a datacenter that the viewer sees: nothing has to be looked up to know that they are
 * attached where it sees them.
 */
export function visibleWhereAttached(viewer: Viewer): SqlText {
  if (viewer.isSuperAdmin) return ALWAYS;
  const administered = viewer.datacentersWhere('image.list');
  if (administered.length === 0) return usable(viewer);
  return anyOf([oneOfIds('x.datacenter_id', administered), usable(viewer), allOf([notDeleted, attachedWhereAllowed(viewer, 'image.list')])]);
}

function withoutDeleted(viewer: Viewer, showDeleted: boolean): SqlText {
  if (!showDeleted) return notDeleted;
  return viewer.isSuperAdmin ? ALWAYS : anyOf([notDeleted, deletedButManaged(viewer)]);
}

/** The images that a list may show. */
export interface ImageScope {
  /** Only images attached there; null: wherever they are. */
  datacenterId: number | null;
  where: SqlText;
  /** Ids that hold all of them, where these may be few; `most` as `Candidates` has it. */
  few: { ids: SqlText; most?: number; isIndexed?: boolean } | null;
}

/** By who asks and for which list: what is known of a scope is kept with it, see `planList`. */
const scopes = new Memo<ImageScope>(200);

/** The managed list of one datacenter; the caller has been found to be DCAdmin there. */
export function imagesOfDatacenter(viewer: Viewer, datacenterId: number, showDeleted: boolean): ImageScope {
  return scopes.get(viewer, imagesOfDatacenter, `${datacenterId} ${showDeleted}`, () => ({ datacenterId, where: withoutDeleted(viewer, showDeleted), few: null }));
}

/** The list over all datacenters: for a SuperAdmin every image, attached or not. */
export function imagesEverywhere(viewer: Viewer, showDeleted: boolean): ImageScope {
  return scopes.get(viewer, imagesEverywhere, String(showDeleted), () => everywhere(viewer, showDeleted));
}

function everywhere(viewer: Viewer, showDeleted: boolean): ImageScope {
  const where = withoutDeleted(viewer, showDeleted);
  if (viewer.isSuperAdmin) return { datacenterId: null, where, few: null };
  const administered = viewer.datacentersWhere('image.list');
  const [only] = administered;
  if (only !== undefined && administered.length === 1) return { datacenterId: only, where, few: null };
  const ids = sqlText`select distinct x.image_id as id from image_attachment x where ${oneOfIds('x.datacenter_id', administered)}`;
  return { datacenterId: null, where: allOf([attachedWhereAllowed(viewer, 'image.list'), where]), few: { ids } };
}

/** A probe for each page of a plain user: kept short. */
const FEW_USABLE = 200;

export function usableInDatacenter(viewer: Viewer, datacenterId: number): ImageScope {
  return scopes.get(viewer, usableInDatacenter, String(datacenterId), () => {
    const ids = sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${datacenterId} and x.access = 'PUBLIC'
      union all select x.id from image x where x.owner_id = ${viewer.userId}`;
    return { datacenterId, where: usable(viewer), few: viewer.isSuperAdmin ? null : { ids: sqlText`select * from (${ids}) y`, most: FEW_USABLE, isIndexed: true } };
  });
}
