import type { Viewer } from '../../access/viewer.js';
import type { Column } from '../../platform/database/columns.js';
import { ALWAYS, allOf, type Condition } from '../../platform/database/list/conditions.js';
import { isSqlite } from '../../platform/database/database.js';
import { type Candidates, ESTIMATE_TTL_MS, mostSelective, SELECTIVE_ROWS } from '../../platform/database/list/selectivity.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { sqlConstant, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { OrderDirection, PageArgs } from '../../platform/database/list/page.js';
import type { IndexWalk } from '../../platform/database/list/read-page.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { WeakMemo } from '../../platform/memory/weak-memo.js';
import type { ImageOrderField } from '../image.enums.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import { filterCandidates, type IdSelect, scannedByFilter, taggedWith } from './image-filter.js';
import { chunkedScan, type ScannedPage } from './chunked-scan.js';
import { cursorForm } from './list-order.js';
import { IMAGE_FROM } from '../image.statement.js';
import { attachedTo, type ImageScope } from '../image.visibility.js';

/** Where a list of images is read from, and by which columns it is in order there. */
export interface AccessPath {
  from: SqlText;
  where: Condition;
  order: Record<ImageOrderField, Column>;
  id: Column;
  /** The index that an unfiltered list is read along in one order; filtered lists have none. */
  orderedIndex?: (field: ImageOrderField, direction: OrderDirection) => IndexWalk;
  /** All its rows are among a few ids. */
  isSelective?: boolean;
  /** The path to count the whole list by, where this one leads to the rows of one page only. */
  countPath?: AccessPath;
  /** False: Postgres should plan the statement anew for its values, see `PostgresReader`. */
  steady?: boolean;
  /** Many requests get this same object, so that statements can be cached by it. */
  isCached?: boolean;
}

/** What of a request decides the access path. */
export interface ImageListing {
  viewer: Viewer;
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
  page?: PageArgs;
  selection?: { items?: boolean };
}

const IMAGE_ORDER: AccessPath['order'] = {
  NAME: 'i.name', ALIAS: 'i.alias', VERSION: 'i.version', SIZE: 'i.size_mib', OS_TYPE: 'i.os_type', STATUS: 'i.status', OWNER: 'i.owner_name', CREATED_AT: 'i.created_at', UPDATED_AT: 'i.updated_at',
};
/** Attachments `l` to one datacenter are indexed in each order, so a page of its images needs no sort. */
const ATTACHED_FROM = sqlText`image_attachment l cross join image i`;
const ATTACHED_ORDER: AccessPath['order'] = {
  NAME: 'l.name', ALIAS: 'l.alias', VERSION: 'l.version', SIZE: 'l.size_mib', OS_TYPE: 'l.os_type', STATUS: 'l.status', OWNER: 'l.owner_name', CREATED_AT: 'l.image_created_at', UPDATED_AT: 'l.image_updated_at',
};
/** Rows `t` of one tag are indexed by the name of their image. */
const TAGGED_FROM = sqlText`image_tag t cross join image i`;
const TAGGED_ORDER: AccessPath['order'] = { ...IMAGE_ORDER, NAME: 't.name' };

function attachedIn({ datacenterId }: ImageScope): SqlText[] {
  return datacenterId === null ? [] : [attachedTo(datacenterId)];
}

/** The candidates that are few enough to look up one by one; null to scan an index in the order of the list. */
async function selectiveCandidates(em: Reads, scope: ImageScope, { filter, viewer }: ImageListing): Promise<Candidates<'datacenter' | 'scope' | 'filter'> | null> {
  const ofScope = scope.candidates;
  // Postgres knows the values in its indexes; it only misjudges the `or` of what a user may use in a datacenter.
  if (!isSqlite(em)) return ofScope === null || scope.datacenterId === null ? null : mostSelective(em, [{ kind: 'scope', ...ofScope, areSearched: true }]);
  const candidates: Candidates<'datacenter' | 'scope' | 'filter'>[] = filterCandidates(filter, viewer);
  if (ofScope !== null) candidates.push({ kind: 'scope', ...ofScope });
  if (scope.datacenterId !== null && candidates.length > 0) {
    const most = Math.max(...candidates.map((one) => one.most ?? SELECTIVE_ROWS));
    candidates.push({ kind: 'datacenter', most, ids: sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${scope.datacenterId}` });
  }
  return mostSelective(em, candidates);
}

/** A path along the order of a list, and the ids of the same images for a chunked scan. */
interface OrderedPath {
  path: AccessPath;
  ids: IdSelect;
}

function orderedPath(scope: ImageScope, tag: string | null): OrderedPath {
  const { datacenterId, where } = scope;
  if (tag !== null) {
    const tagged = sqlText`t.tag = ${tag} and i.id = t.image_id`;
    const path: AccessPath = { from: TAGGED_FROM, where: allOf([tagged, where, ...attachedIn(scope)]), order: TAGGED_ORDER, id: 't.image_id' };
    return { path, ids: taggedWith(tag) };
  }
  if (datacenterId === null) {
    const ids: IdSelect = (further) => sqlText`select x.image_id as id from (select y.id as image_id from image y) x where ${further}`;
    return { path: { from: IMAGE_FROM, where, order: IMAGE_ORDER, id: 'i.id' }, ids };
  }
  const attached = sqlText`l.datacenter_id = ${datacenterId} and i.id = l.image_id`;
  const path: AccessPath = { from: ATTACHED_FROM, where: allOf([attached, where]), order: ATTACHED_ORDER, id: 'l.image_id' };
  return { path, ids: (further) => sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${datacenterId} and ${further}` };
}

const TO_IMAGE = sqlText` cross join image i`;
const INDEXED_ORDER: AccessPath['order'] = {
  NAME: 'n.name', ALIAS: 'n.alias', VERSION: 'n.version', SIZE: 'n.size_mib', OS_TYPE: 'n.os_type', STATUS: 'n.status', OWNER: 'n.owner_name', CREATED_AT: 'n.created_at', UPDATED_AT: 'n.updated_at',
};

/** For each order, the index of the attachments to a datacenter, or that of all images for null. */
function orderedIndexOf({ datacenterId }: ImageScope): NonNullable<AccessPath['orderedIndex']> {
  if (datacenterId === null) {
    return (field, direction) => {
      const order: KeysetOrder = { column: INDEXED_ORDER[field], id: 'n.id', direction };
      return { table: sqlText`image n`, alias: sqlText`n`, columns: sqlText`n.id, ${sqlConstant(order.column)}`, where: ALWAYS, order, joined: TO_IMAGE, on: sqlText`i.id = n.id` };
    };
  }
  return (field, direction) => {
    const order: KeysetOrder = { column: ATTACHED_ORDER[field], id: 'l.image_id', direction };
    const columns = sqlText`l.image_id, l.datacenter_id, ${sqlConstant(order.column)}`;
    return { table: sqlText`image_attachment l`, alias: sqlText`l`, columns, where: sqlText`l.datacenter_id = ${datacenterId}`, order, joined: TO_IMAGE };
  };
}

/** The images with these ids. The cross join makes SQLite begin with them: it may know nothing of the values in its other indexes. */
function pathByIds(em: Reads, scope: ImageScope, ids: SqlText): AccessPath {
  const where = allOf([scope.where, ...attachedIn(scope)]);
  const path = { order: IMAGE_ORDER, id: 'i.id', isSelective: true } as const;
  if (!isSqlite(em)) return { ...path, from: IMAGE_FROM, where: allOf([where, sqlText`i.id in (${ids})`]) };
  return { ...path, from: sqlText`(select distinct w.id from (${ids}) w) w cross join image i`, where: allOf([sqlText`i.id = w.id`, where]) };
}

function scannedPage({ orderBy, page, selection }: ImageListing, where: Condition): ScannedPage | null {
  if (page === undefined || selection?.items === false) return null;
  const { field = 'NAME', direction = 'ASC' } = orderBy ?? {};
  return { where, page, column: IMAGE_ORDER[field], direction, form: cursorForm({ field, direction }) };
}

/** The paths of unfiltered lists by scope. Every path gives the same rows, so an outdated one is slower at worst. */
const cachedPaths = new WeakMemo<ImageScope, AccessPath>(ESTIMATE_TTL_MS);

function cachePath(scope: ImageScope, path: AccessPath): AccessPath {
  const cached = { ...path, orderedIndex: orderedIndexOf(scope), isCached: true };
  cachedPaths.set(scope, cached);
  return cached;
}

/**
 * Chooses the path that looks at few rows for a page: along an index in the order of the list, or by the few ids that one part of the
 * condition leaves. Every path gives the same page. With `filtered`, the condition of the filter, it also finds pages that several
 * conditions leave few rows of only together; an index scan would look at very many rows for these.
 */
export async function chooseAccessPath(em: Reads, scope: ImageScope, request: ImageListing, filtered: Condition | null = null): Promise<AccessPath> {
  const { filter, orderBy } = request;
  const isFiltered = filter !== null && filter !== undefined && Object.keys(filter).length > 0;
  const cached = isFiltered ? undefined : cachedPaths.get(scope);
  if (cached !== undefined) return cached;
  const selective = await selectiveCandidates(em, scope, request);
  if (selective?.kind === 'filter' || selective?.kind === 'scope') return pathByIds(em, scope, selective.ids);
  const tag = selective === null && (orderBy?.field ?? 'NAME') === 'NAME' ? (filter?.tags?.[0] ?? null) : null;
  const { path, ids } = orderedPath(scope, tag);
  const chosen = (one: AccessPath): AccessPath => (isFiltered ? one : cachePath(scope, one));
  if (!isSqlite(em)) return chosen({ ...path, steady: !isFiltered && (scope.candidates === null || scope.datacenterId !== null) });
  if (selective !== null || (isFiltered ? filtered === null : scope.candidates === null)) return chosen(path);
  const page = scannedPage(request, allOf([scope.where, ...attachedIn(scope), ...(filtered === null ? [] : [filtered])]));
  if (page === null) return path;
  const found = await chunkedScan(em, ids, scannedByFilter(filter, request.viewer), page);
  return found === null ? chosen(path) : { ...pathByIds(em, scope, found), countPath: path };
}
