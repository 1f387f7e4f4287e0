import { allOf, type Condition, oneOf } from '../platform/conditions.js';
import { isSqlite, type SqlEntityManager } from '../platform/database.js';
import { type Candidates, FEW_ROWS, fewestOf } from '../platform/few-rows.js';
import { type SqlText, sqlText } from '../platform/sql-text.js';
import { searchedIds } from '../platform/trigrams.js';
import type { ImageOrderField } from './image.enums.js';
import type { ImageFilter, ImageOrder } from './image.inputs.js';
import { IMAGE_FROM } from './image.statement.js';
import { attachedTo, type ImageScope } from './image.visibility.js';

/** Where a list of images is read from, and by which columns it is in order there. */
export interface ListPlan {
  from: SqlText;
  where: Condition;
  order: Record<ImageOrderField, string>;
  id: string;
}

/** What of a request decides the way. */
export interface ImageListing {
  filter?: ImageFilter | null;
  orderBy?: ImageOrder | null;
}

/** Attachments `l` lead to their images: they are in order by datacenter, so a page is read without a sort. */
const ATTACHED_FROM = sqlText`image_attachment l cross join image i`;
const ATTACHED_ORDER = { NAME: 'l.name', ALIAS: 'l.alias', SIZE: 'l.size_mib', CREATED_AT: 'l.image_created_at' };
const IMAGE_ORDER = { NAME: 'i.name', ALIAS: 'i.alias', SIZE: 'i.size_mib', CREATED_AT: 'i.created_at' };

/** Tags `t` lead to their images in the order of names. */
const TAGGED_FROM = sqlText`image_tag t cross join image i`;
const TAGGED_ORDER = { ...IMAGE_ORDER, NAME: 't.name' };

type Kind = 'datacenter' | 'scope' | 'filter';

function imagesWhere(condition: Condition): SqlText {
  return sqlText`select x.id from image x where ${condition}`;
}

/** What of a filter an index of its own can answer. */
function filterCandidates(filter: ImageFilter | null | undefined): Candidates<Kind>[] {
  if (filter === null || filter === undefined) return [];
  const found: SqlText[] = (filter.tags ?? []).map((tag) => sqlText`select x.image_id as id from image_tag x where x.tag = ${tag}`);
  if (filter.search) found.push(searchedIds('image', filter.search));
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
  return found.map((ids) => ({ kind: 'filter', ids }));
}

async function fewest(em: SqlEntityManager, scope: ImageScope, filter: ImageFilter | null | undefined): Promise<Candidates<Kind> | null> {
  if (!isSqlite(em)) return null;
  const candidates = filterCandidates(filter);
  if (scope.few !== null) candidates.push({ kind: 'scope', ...scope.few });
  if (scope.datacenterId !== null && candidates.length > 0) {
    const most = Math.max(...candidates.map((one) => one.most ?? FEW_ROWS));
    candidates.push({ kind: 'datacenter', most, ids: sqlText`select x.image_id as id from image_attachment x where x.datacenter_id = ${scope.datacenterId}` });
  }
  return fewestOf(em, candidates);
}

/**
 * The way to a page that looks at few rows: along the order of the datacenter, of a tag or of the whole table, or by way of
 * the few images that one part of the condition leaves. Every way gives the same page.
 */
export async function planList(em: SqlEntityManager, scope: ImageScope, { filter, orderBy }: ImageListing): Promise<ListPlan> {
  const { datacenterId, where } = scope;
  const few = await fewest(em, scope, filter);
  const elsewhere = datacenterId === null ? [] : [attachedTo(datacenterId)];
  if (few?.kind === 'filter' || few?.kind === 'scope') {
    return { from: IMAGE_FROM, where: allOf([where, ...elsewhere, sqlText`i.id in (${few.ids})`]), order: IMAGE_ORDER, id: 'i.id' };
  }
  const tag = filter?.tags?.[0];
  if (few === null && tag !== undefined && (orderBy?.field ?? 'NAME') === 'NAME') {
    const tagged = sqlText`t.tag = ${tag} and i.id = t.image_id`;
    return { from: TAGGED_FROM, where: allOf([tagged, where, ...elsewhere]), order: TAGGED_ORDER, id: 't.image_id' };
  }
  if (datacenterId === null) return { from: IMAGE_FROM, where, order: IMAGE_ORDER, id: 'i.id' };
  const attached = sqlText`l.datacenter_id = ${datacenterId} and i.id = l.image_id`;
  return { from: ATTACHED_FROM, where: allOf([attached, where]), order: ATTACHED_ORDER, id: 'l.image_id' };
}
