import type { DatacenterAction } from '../access/matrix.js';
import type { Viewer } from '../access/viewer.js';
import type { VisibleDatacenters } from '../datacenters/datacenter-cache.js';
import { visibleDatacenters } from '../datacenters/datacenter.visibility.js';
import { ALWAYS, allOf, anyOf, oneOfIds } from '../platform/database/list/conditions.js';
import type { Candidates } from '../platform/database/list/selectivity.js';
import { Memo } from '../platform/memory/memo.js';
import { WeakMemo } from '../platform/memory/weak-memo.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';

/** What the rules look at of an image that has been read. */
export interface ImageFacts {
  access: string;
  status: string;
  ownerId: number;
  /** All datacenters that it is attached to. */
  datacenterIds: readonly number[];
  boundDatacenterId: number | null;
}

/** One rule in both its forms: a condition over image `i`, and a check of an image in memory. `test/images/visibility.test.ts` compares them. */
interface Rule {
  sql: SqlText;
  holds: (image: ImageFacts, datacenters: VisibleDatacenters) => boolean;
}

function allRules(...rules: readonly Rule[]): Rule {
  return { sql: allOf(rules.map(({ sql }) => sql)), holds: (image, datacenters) => rules.every((rule) => rule.holds(image, datacenters)) };
}

function anyRule(...rules: readonly Rule[]): Rule {
  return { sql: anyOf(rules.map(({ sql }) => sql)), holds: (image, datacenters) => rules.some((rule) => rule.holds(image, datacenters)) };
}

const EVERY_IMAGE: Rule = { sql: ALWAYS, holds: () => true };
const NOT_DELETED: Rule = { sql: sqlText`i.access <> 'DELETED'`, holds: ({ access }) => access !== 'DELETED' };
// Not "= 'OK'": nearly every image is OK, so an index on that would only lead SQLite away from the order of a list.
const READY: Rule = { sql: sqlText`i.status <> 'PENDING'`, holds: ({ status }) => status !== 'PENDING' };

/** For more datacenters than these, reading the attachments of an image is faster than looking up each datacenter in an index. */
const MOST_LOOKED_UP = 8;

/** The plus keeps SQLite from using the index on the datacenter. */
function attachedToOneOf(ids: readonly number[]): SqlText {
  return oneOfIds(ids.length > MOST_LOOKED_UP ? '+a.datacenter_id' : 'a.datacenter_id', ids);
}

function whereAllowed(viewer: Viewer, action: DatacenterAction): Rule {
  const allowed = attachedToOneOf(viewer.datacentersWhere(action));
  return {
    sql: sqlText`exists (select 1 from image_attachment a where a.image_id = i.id and ${allowed})`,
    holds: ({ datacenterIds }) => datacenterIds.some((id) => viewer.mayIn(action, id)),
  };
}

/** DELETED, and bound to a datacenter where the viewer may update images: `showDeleted` adds these images, and nobody else sees them. */
function deletedButManaged(viewer: Viewer): Rule {
  const managed = attachedToOneOf(viewer.datacentersWhere('image.update'));
  return {
    sql: sqlText`(i.access = 'DELETED'
    and exists (select 1 from image_attachment a where a.bound_image_id = i.id and ${managed}))`,
    holds: ({ access, boundDatacenterId: id }) => access === 'DELETED' && id !== null && viewer.mayIn('image.update', id),
  };
}

function whereVisible(viewer: Viewer): Rule {
  return {
    sql: sqlText`exists (select 1 from image_attachment a join datacenter d on d.id = a.datacenter_id
    where a.image_id = i.id and ${visibleDatacenters(viewer)})`,
    holds: ({ datacenterIds }, datacenters) => datacenterIds.some((id) => datacenters.byId(id) !== null),
  };
}

function publicOrOwn(viewer: Viewer): Rule {
  const { userId } = viewer;
  return {
    sql: sqlText`(i.access = 'PUBLIC' or (i.access = 'PRIVATE' and i.owner_id = ${userId}))`,
    holds: ({ access, ownerId }) => access === 'PUBLIC' || (access === 'PRIVATE' && ownerId === userId),
  };
}

/** Ready, and PUBLIC or the viewer's own: a new disk may take it where it is attached. `choiceFault` words the same rule. */
export function usable(viewer: Viewer): Rule {
  return allRules(READY, viewer.isSuperAdmin ? NOT_DELETED : publicOrOwn(viewer));
}

function visible(viewer: Viewer): Rule {
  if (viewer.isSuperAdmin) return EVERY_IMAGE;
  return anyRule(
    // First, as nearly every image passes it; the datacenters that the viewer administers can be a long list.
    allRules(usable(viewer), whereVisible(viewer)),
    allRules(NOT_DELETED, whereAllowed(viewer, 'image.list')),
    deletedButManaged(viewer),
  );
}

/** A viewer never changes, and its rule is long. */
const rules = new WeakMemo<Viewer, Rule>();

function visibleRule(viewer: Viewer): Rule {
  return rules.getOrCompute(viewer, visible);
}

/** Images (alias `i`) that exist for this viewer, whether read alone, through a relation or as an entity. */
export function visibleImages(viewer: Viewer): SqlText {
  return visibleRule(viewer).sql;
}

/** Whether an image exists for this viewer; `datacenters` are those that the viewer sees. */
export function isVisible(viewer: Viewer, image: ImageFacts, datacenters: VisibleDatacenters): boolean {
  return visibleRule(viewer).holds(image, datacenters);
}

/** Images attached to a datacenter where the viewer has the permissions of that action. */
export function attachedWhereAllowed(viewer: Viewer, action: DatacenterAction): SqlText {
  return whereAllowed(viewer, action).sql;
}

export function attachedTo(datacenterId: number): SqlText {
  return sqlText`exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id = ${datacenterId})`;
}

/** `visibleImages` for images joined by an attachment `x` to a datacenter that the viewer sees: that attachment need not be looked up. */
export function visibleWhereAttached(viewer: Viewer): SqlText {
  if (viewer.isSuperAdmin) return ALWAYS;
  const administered = viewer.datacentersWhere('image.list');
  if (administered.length === 0) return usable(viewer).sql;
  return anyOf([oneOfIds('x.datacenter_id', administered), usable(viewer).sql, allRules(NOT_DELETED, whereAllowed(viewer, 'image.list')).sql]);
}

function withoutDeleted(viewer: Viewer, showDeleted: boolean): SqlText {
  if (!showDeleted) return NOT_DELETED.sql;
  return viewer.isSuperAdmin ? ALWAYS : anyRule(NOT_DELETED, deletedButManaged(viewer)).sql;
}

/** The images that a list may show. */
export interface ImageScope {
  /** Only images attached to this datacenter; null for all datacenters, and none. */
  datacenterId: number | null;
  where: SqlText;
  /** Ids that include those of all images of the scope, where they may be few. */
  candidates: Omit<Candidates<'scope'>, 'kind'> | null;
}

/** Scopes of each viewer, by list: access paths are cached by scope. */
const scopes = new Memo<ImageScope>(200);

/** The managed list of one datacenter. The caller has checked that the viewer is DCAdmin there. */
export function imagesOfDatacenter(viewer: Viewer, datacenterId: number, showDeleted: boolean): ImageScope {
  return scopes.get(viewer, imagesOfDatacenter, `${datacenterId} ${showDeleted}`, () => ({ datacenterId, where: withoutDeleted(viewer, showDeleted), candidates: null }));
}

/** The managed list of all datacenters that the viewer administers; for a SuperAdmin every image, attached or not. */
export function imagesEverywhere(viewer: Viewer, showDeleted: boolean): ImageScope {
  return scopes.get(viewer, imagesEverywhere, String(showDeleted), () => everywhere(viewer, showDeleted));
}

function everywhere(viewer: Viewer, showDeleted: boolean): ImageScope {
  const where = withoutDeleted(viewer, showDeleted);
  if (viewer.isSuperAdmin) return { datacenterId: null, where, candidates: null };
  const administered = viewer.datacentersWhere('image.list');
  const [only] = administered;
  if (only !== undefined && administered.length === 1) return { datacenterId: only, where, candidates: null };
  const ids = sqlText`select distinct x.image_id as id from image_attachment x where ${oneOfIds('x.datacenter_id', administered)}`;
  return { datacenterId: null, where: allOf([attachedWhereAllowed(viewer, 'image.list'), where]), candidates: { ids } };
}

/** Above this many candidates, a page of usable images scans the ordered index. Low, because every page of a plain user counts them. */
const SELECTIVE_USABLE = 200;

/** The images that a new disk of the viewer may take in a datacenter. */
export function usableInDatacenter(viewer: Viewer, datacenterId: number): ImageScope {
  return scopes.get(viewer, usableInDatacenter, String(datacenterId), () => {
    const ids = sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${datacenterId} and x.access = 'PUBLIC'
      union all select x.id from image x where x.owner_id = ${viewer.userId}`;
    const candidates = viewer.isSuperAdmin ? null : { ids: sqlText`select * from (${ids}) y`, most: SELECTIVE_USABLE, isIndexed: true };
    return { datacenterId, where: usable(viewer).sql, candidates };
  });
}
