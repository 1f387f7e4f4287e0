import type { Column } from '../../platform/database/columns.js';
import { ALWAYS, allOf, type Condition, oneOf } from '../../platform/database/list/conditions.js';
import { isSqlite } from '../../platform/database/database.js';
import { type Candidates, SELECTIVE_ROWS, mostSelective, ESTIMATE_TTL_MS } from '../../platform/database/list/selectivity.js';
import type { KeysetOrder } from '../../platform/database/list/keyset.js';
import { sqlConstant, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import type { OrderDirection, PageArgs } from '../../platform/database/list/page.js';
import type { IndexWalk } from '../../platform/database/list/read-page.js';
import type { Reads } from '../../platform/database/read/reads.js';
import type { ImageOrderField } from '../image.enums.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import { type IdsIn, type PageAsked, chunkedScan } from './chunked-scan.js';
import { IMAGE_FROM } from '../image.statement.js';
import { attachedTo, type ImageScope } from '../image.visibility.js';

/** Where a list of images is read from, and by which columns it is in order there. */
export interface AccessPath {
  from: SqlText;
  where: Condition;
  order: Record<ImageOrderField, Column>;
  id: Column;
  /** Along the index of one order; a list with a filter has none. */
  walk?: (field: ImageOrderField, direction: OrderDirection) => IndexWalk;
  /** Its rows are among a few ids. */
  isFew?: boolean;
  /** What to count, where the rows of the plan are those of a page alone. */
  counted?: AccessPath;
  /** Without it, it depends on the values how the list is best read: see `PostgresReader`. */
  steady?: boolean;
  /** The same object will be the plan of many requests. */
  isKept?: boolean;
}

/** What of a request decides the way. */
export interface ImageListing {
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
  page?: PageArgs;
  selection?: { items?: boolean };
}

/** Attachments `l` lead to their images: they are in order by datacenter, so a page is read without a sort. */
const ATTACHED_FROM = sqlText`image_attachment l cross join image i`;
const ATTACHED_ORDER: AccessPath['order'] = { NAME: 'l.name', ALIAS: 'l.alias', SIZE: 'l.size_mib', CREATED_AT: 'l.image_created_at' };
const IMAGE_ORDER: AccessPath['order'] = { NAME: 'i.name', ALIAS: 'i.alias', SIZE: 'i.size_mib', CREATED_AT: 'i.created_at' };

/** Tags `t` lead to their images in the order of names. */
const TAGGED_FROM = sqlText`image_tag t cross join image i`;
const TAGGED_ORDER: AccessPath['order'] = { ...IMAGE_ORDER, NAME: 't.name' };

type Kind = 'datacenter' | 'scope' | 'filter';

function taggedWith(tag: string): IdsIn {
  return (further) => sqlText`select x.image_id as id from image_tag x where x.tag = ${tag} and ${further}`;
}

function imagesWhere(condition: Condition): SqlText {
  return sqlText`select x.id from image x where ${condition}`;
}

/** What of a filter an index of its own can answer. */
function filterCandidates(filter: ImageFilter | null | undefined): Candidates<Kind>[] {
  if (filter === null || filter === undefined) return [];
  const found = (filter.tags ?? []).map((tag) => taggedWith(tag)(ALWAYS));
  if (typeof filter.owner === 'string') {
    found.push(imagesWhere(sqlText`x.owner_id = (select u.id from user_account u where u.username = ${filter.owner})`));
  }
  if (filter.status?.length) found.push(imagesWhere(oneOf('x.status', filter.status)));
  if (filter.access?.length) found.push(imagesWhere(oneOf('x.access', filter.access)));
  if (filter.osType?.length) found.push(imagesWhere(oneOf('x.os_type', filter.osType)));
  const created: Condition[] = [];
  if (filter.createdAfter) created.push(sqlText`x.created_at > ${filter.createdAfter.getTime()}`);
  if (filter.createdBefore) created.push(sqlText`x.created_at < ${filter.createdBefore.getTime()}`);
  if (created.length > 0) found.push(imagesWhere(allOf(created)));
  const searched: Candidates<Kind>[] = filter.search ? [{ kind: 'filter', ids: searchedIds('image', filter.search), areSearched: true }] : [];
  return [...found.map((ids) => ({ kind: 'filter' as const, ids })), ...searched];
}

async function fewest(em: Reads, scope: ImageScope, filter: ImageFilter | null | undefined): Promise<Candidates<Kind> | null> {
  // What a user may use in a datacenter is a choice of two, which no planner judges well; the rest is better left to that of Postgres.
  if (!isSqlite(em)) return scope.few === null || scope.datacenterId === null ? null : mostSelective(em, [{ kind: 'scope', ...scope.few, areSearched: true }]);
  const candidates = filterCandidates(filter);
  if (scope.few !== null) candidates.push({ kind: 'scope', ...scope.few });
  if (scope.datacenterId !== null && candidates.length > 0) {
    const most = Math.max(...candidates.map((one) => one.most ?? SELECTIVE_ROWS));
    candidates.push({ kind: 'datacenter', most, ids: sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${scope.datacenterId}` });
  }
  return mostSelective(em, candidates);
}

/** Along an order: what is walked, and the ids of what is met between two ids. */
interface Walk {
  plan: AccessPath;
  idsIn: IdsIn;
}

function walkOf({ datacenterId, where }: ImageScope, tag: string | null): Walk {
  if (tag !== null) {
    const tagged = sqlText`t.tag = ${tag} and i.id = t.image_id`;
    const plan: AccessPath = { from: TAGGED_FROM, where: allOf([tagged, where, ...elsewhereOf(datacenterId)]), order: TAGGED_ORDER, id: 't.image_id' };
    return { plan, idsIn: taggedWith(tag) };
  }
  if (datacenterId === null) {
    return { plan: { from: IMAGE_FROM, where, order: IMAGE_ORDER, id: 'i.id' }, idsIn: (further) => sqlText`select x.image_id as id from (select y.id as image_id from image y) x where ${further}` };
  }
  const attached = sqlText`l.datacenter_id = ${datacenterId} and i.id = l.image_id`;
  const plan: AccessPath = { from: ATTACHED_FROM, where: allOf([attached, where]), order: ATTACHED_ORDER, id: 'l.image_id' };
  return { plan, idsIn: (further) => sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${datacenterId} and ${further}` };
}

/** Of a filter, lists by id that an index holds. */
function listsOf(filter: ImageFilter | null | undefined): IdsIn[] {
  const ofImages = (column: Column, values: readonly string[] | null | undefined): IdsIn[] => {
    if (!values?.length) return [];
    const condition = oneOf(column, values);
    return [(further) => sqlText`select x.image_id as id from (select y.id as image_id from image y where ${condition}) x where ${further}`];
  };
  return [...(filter?.tags ?? []).map(taggedWith), ...ofImages('y.access', filter?.access), ...ofImages('y.os_type', filter?.osType)];
}

const TO_IMAGE = sqlText` cross join image i`;
const WALKED_ORDER: Record<ImageOrderField, Column> = { NAME: 'n.name', ALIAS: 'n.alias', SIZE: 'n.size_mib', CREATED_AT: 'n.created_at' };

/** The index of attachments to a datacenter, or of all images, in each order. */
function indexWalk(datacenterId: number | null): NonNullable<AccessPath['walk']> {
  if (datacenterId === null) {
    return (field, direction) => {
      const order: KeysetOrder = { column: WALKED_ORDER[field], id: 'n.id', direction };
      return { table: sqlText`image n`, alias: sqlText`n`, columns: sqlText`n.id, ${sqlConstant(order.column)}`, where: ALWAYS, order, joined: TO_IMAGE, on: sqlText`i.id = n.id` };
    };
  }
  return (field, direction) => {
    const order: KeysetOrder = { column: ATTACHED_ORDER[field], id: 'l.image_id', direction };
    const columns = sqlText`l.image_id, l.datacenter_id, ${sqlConstant(order.column)}`;
    return { table: sqlText`image_attachment l`, alias: sqlText`l`, columns, where: sqlText`l.datacenter_id = ${datacenterId}`, order, joined: TO_IMAGE };
  };
}

function elsewhereOf(datacenterId: number | null): SqlText[] {
  return datacenterId === null ? [] : [attachedTo(datacenterId)];
}

/** SQLite may know nothing of the values in an index, and would rather look up all that are PUBLIC: it is told to begin with the few. */
function amongFew(em: Reads, ids: SqlText, where: Condition): Pick<AccessPath, 'from' | 'where'> {
  if (!isSqlite(em)) return { from: IMAGE_FROM, where: allOf([where, sqlText`i.id in (${ids})`]) };
  return { from: sqlText`(select distinct w.id from (${ids}) w) w cross join image i`, where: allOf([sqlText`i.id = w.id`, where]) };
}

function pageAsked({ orderBy, page, selection }: ImageListing, where: Condition): PageAsked | null {
  if (page === undefined || selection?.items === false) return null;
  const field = orderBy?.field ?? 'NAME';
  const isText = field === 'NAME' || field === 'ALIAS';
  return { where, page, column: IMAGE_ORDER[field], direction: orderBy?.direction ?? 'ASC', kind: isText ? 'string' : 'number' };
}

/** Of scopes that are kept, the walk along the order: the way to all their pages without a filter. Any way is right, so an old one is. */
const walks = new WeakMap<ImageScope, { plan: AccessPath; knownAt: number }>();

function keptWalk(scope: ImageScope): AccessPath | null {
  const walk = walks.get(scope);
  return walk !== undefined && Date.now() - walk.knownAt < ESTIMATE_TTL_MS ? walk.plan : null;
}

function keepWalk(scope: ImageScope, plan: AccessPath): AccessPath {
  const kept = { ...plan, isKept: true };
  walks.set(scope, { plan: kept, knownAt: Date.now() });
  return kept;
}

/**
 * The way to a page that looks at few rows: along the order of the datacenter, of a tag or of the whole table, or by way of
 * the few images that one part of the condition leaves. Every way gives the same page. `filtered` is the condition of the
 * filter; with it, filters that leave few only together are known before a walk along the order would hold up everybody else.
 */
export async function chooseAccessPath(em: Reads, scope: ImageScope, request: ImageListing, filtered: Condition | null = null): Promise<AccessPath> {
  const { filter, orderBy } = request;
  const isFiltered = filter !== null && filter !== undefined && Object.keys(filter).length > 0;
  const known = isFiltered ? null : keptWalk(scope);
  if (known !== null) return known;
  const { where } = scope;
  const elsewhere = elsewhereOf(scope.datacenterId);
  const only = (ids: SqlText): AccessPath => ({ ...amongFew(em, ids, allOf([where, ...elsewhere])), order: IMAGE_ORDER, id: 'i.id', isFew: true });
  const few = await fewest(em, scope, filter);
  if (few?.kind === 'filter' || few?.kind === 'scope') return only(few.ids);
  const tag = few === null && (orderBy?.field ?? 'NAME') === 'NAME' ? (filter?.tags?.[0] ?? null) : null;
  const { plan, idsIn } = walkOf(scope, tag);
  const keep = (way: AccessPath): AccessPath => (isFiltered ? way : keepWalk(scope, { ...way, walk: indexWalk(scope.datacenterId) }));
  if (!isSqlite(em)) return keep({ ...plan, steady: !isFiltered && (scope.few === null || scope.datacenterId !== null) });
  if (few !== null || (isFiltered ? filtered === null : scope.few === null)) return keep(plan);
  const asked = pageAsked(request, allOf([where, ...elsewhere, ...(filtered === null ? [] : [filtered])]));
  if (asked === null) return plan;
  const ids = await chunkedScan(em, idsIn, listsOf(filter), asked);
  return ids === null ? keep(plan) : { ...only(ids), counted: plan };
}
