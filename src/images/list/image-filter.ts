import type { Viewer } from '../../access/viewer.js';
import { type Candidates } from '../../platform/database/list/selectivity.js';
import { ALWAYS, allOf, type Condition, contains, oneOf } from '../../platform/database/list/conditions.js';
import type { Column } from '../../platform/database/columns.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import { sqlConstant, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { storedText } from '../../platform/display-text.js';
import { badInput } from '../../platform/errors.js';
import { attachedWhereAllowed } from '../image.visibility.js';
import type { ImageFilter } from './image.inputs.js';

/** Selects ids of images as `id`, with a further condition over their ids `x.image_id`. */
export type IdSelect = (further: Condition) => SqlText;

type FilteredColumn = 'owner_id' | 'status' | 'access' | 'os_type' | 'created_at' | 'updated_at' | 'name' | 'uuid' | 'version' | 'size_mib' | 'repository_id' | 'in_use';

/** How SQLite finds the ids of the images that meet a condition, when these are few. Postgres chooses an index by itself. */
type FilterIndex<Value> =
  /**
   * By an index over this column of image. Fields with the same column are looked up together. `isScanned`: within one value of the
   * index, ids are in order, so that a chunked scan can read it between two ids.
   */
  | { column: FilteredColumn; isScanned?: true }
  /** By an index of another table, for each part of the value. A chunked scan can read all of them. */
  | { selects: (value: Value) => IdSelect[] }
  /** By the full-text index, whose matches are found once and handed on. */
  | { matches: (value: Value) => SqlText[] };

/**
 * One field of `ImageFilter`: the conditions over image `i` that a value stands for. A field that is absent, null or an empty list has
 * none. A field about something that not everybody who sees an image may see, holds only for images of which the viewer may see it.
 */
interface FilterField<Value> {
  conditions: (value: Value, viewer: Viewer) => Condition[];
  index?: FilterIndex<Value>;
}

function among(column: Column): (values: readonly string[]) => Condition[] {
  return (values) => (values.length === 0 ? [] : [oneOf(column, values)]);
}

function isSo(condition: Condition): (wanted: boolean) => Condition[] {
  return (wanted) => [wanted ? condition : sqlText`not ${condition}`];
}

/** The condition where the viewer may see the guarded fields of the image, false elsewhere. */
function inspectable(condition: Condition, viewer: Viewer): Condition {
  return viewer.isSuperAdmin ? condition : allOf([condition, attachedWhereAllowed(viewer, 'image.inspect')]);
}

/** Not "not": a condition may be null, where a column is. */
function noneOf(filter: ImageFilter, viewer: Viewer): Condition[] {
  const conditions = conditionsOf(filter, viewer);
  return conditions.length === 0 ? [] : [sqlText`${allOf(conditions)} is not true`];
}

/** Images with the tag, by the index of tags. */
export function taggedWith(tag: string): IdSelect {
  return (further) => sqlText`select x.image_id as id from image_tag x where x.tag = ${tag} and ${further}`;
}

/** Cheap conditions come first, as SQLite checks them in this order; indexes are tried in this order as well. */
const FIELDS = {
  tags: {
    conditions: (tags) => tags.map((tag) => sqlText`exists (select 1 from image_tag x where x.image_id = i.id and x.tag = ${tag})`),
    index: { selects: (tags) => tags.map(taggedWith) },
  },
  owner: {
    conditions: (username) => [sqlText`i.owner_id = (select u.id from user_account u where u.username = ${username})`],
    index: { column: 'owner_id' },
  },
  name: { conditions: among('i.name'), index: { column: 'name' } },
  uuid: { conditions: among('i.uuid'), index: { column: 'uuid' } },
  repository: {
    conditions: (names, viewer) =>
      names.length === 0 ? [] : [inspectable(sqlText`i.repository_id in (select r.id from image_repository r where not r.retired and ${oneOf('r.name', names)})`, viewer)],
    index: { column: 'repository_id' },
  },
  // "= true" finds the index on SQLite, where a bare column does not.
  inUse: { conditions: (wanted, viewer) => [inspectable(wanted ? sqlText`i.in_use = true` : sqlText`i.in_use = false`, viewer)], index: { column: 'in_use', isScanned: true } },
  version: { conditions: (versions) => among('i.version')(versions.map(storedText)), index: { column: 'version', isScanned: true } },
  status: { conditions: among('i.status'), index: { column: 'status' } },
  access: { conditions: among('i.access'), index: { column: 'access', isScanned: true } },
  osType: { conditions: among('i.os_type'), index: { column: 'os_type', isScanned: true } },
  createdAfter: { conditions: (date) => [sqlText`i.created_at > ${date.getTime()}`], index: { column: 'created_at' } },
  createdBefore: { conditions: (date) => [sqlText`i.created_at < ${date.getTime()}`], index: { column: 'created_at' } },
  updatedAfter: { conditions: (date) => [sqlText`i.updated_at > ${date.getTime()}`], index: { column: 'updated_at' } },
  updatedBefore: { conditions: (date) => [sqlText`i.updated_at < ${date.getTime()}`], index: { column: 'updated_at' } },
  minSize: { conditions: (size) => [sqlText`i.size_mib >= ${size}`], index: { column: 'size_mib' } },
  maxSize: { conditions: (size) => [sqlText`i.size_mib <= ${size}`], index: { column: 'size_mib' } },
  resize: { conditions: isSo(sqlConstant('i.resize')) },
  deploy: { conditions: isSo(sqlConstant('i.deploy')) },
  dcBound: { conditions: isSo(sqlText`exists (select 1 from image_attachment b where b.bound_image_id = i.id)`) },
  search: {
    conditions: (text) => (text === '' ? [] : [contains('i.search_text', text)]),
    index: { matches: (text) => (text === '' ? [] : [searchedIds('image', text)]) },
  },
  not: { conditions: noneOf },
} satisfies { [Name in keyof ImageFilter]-?: FilterField<NonNullable<ImageFilter[Name]>> };

const ENTRIES = Object.entries(FIELDS) as [keyof ImageFilter, FilterField<never>][];

interface GivenField {
  field: FilterField<never>;
  value: never;
}

/** The fields that are given. Each value is that of its own field, which the compiler cannot follow through the entries. */
function given(filter: ImageFilter | null | undefined): GivenField[] {
  const fields: GivenField[] = [];
  if (filter === null || filter === undefined) return fields;
  for (const [name, field] of ENTRIES) {
    const value = filter[name];
    if (value !== null && value !== undefined) fields.push({ field, value: value as never });
  }
  return fields;
}

function conditionsOf(filter: ImageFilter | null | undefined, viewer: Viewer): Condition[] {
  const all: Condition[] = [];
  for (const { field, value } of given(filter)) all.push(...field.conditions(value, viewer));
  return all;
}

/** What images of a filtered list meet, over image `i`. */
export function imageFilter(filter: ImageFilter | null | undefined, viewer: Viewer): Condition {
  return allOf(conditionsOf(filter, viewer));
}

/** Refuses a filter that asks for more than the viewer may know of any image (FORBIDDEN), and a `not` within a `not` (BAD_USER_INPUT). */
export function demandFilter(filter: ImageFilter | null | undefined, viewer: Viewer): void {
  const not = filter?.not;
  for (const one of [filter, not]) {
    if (one?.repository?.length) viewer.demand('repository.use');
    if (typeof one?.inUse === 'boolean') viewer.demand('image.filterByUse');
  }
  if (not?.not !== null && not?.not !== undefined) throw badInput([{ path: 'not.not', code: 'TOO_DEEP', params: { accepted: 1 }, message: 'The filter within not has another not; accepted is one level, with its conditions beside each other.' }]);
}

/** Ids by each index that a filter can use. */
export function filterCandidates(filter: ImageFilter | null | undefined, viewer: Viewer): Candidates<'filter'>[] {
  const byColumn = new Map<string, Condition[]>();
  const selected: Candidates<'filter'>[] = [];
  const searched: Candidates<'filter'>[] = [];
  for (const { field: { conditions, index }, value } of given(filter)) {
    if (index === undefined) continue;
    if ('column' in index) {
      const ofColumn = byColumn.get(index.column);
      if (ofColumn === undefined) byColumn.set(index.column, conditions(value, viewer));
      else ofColumn.push(...conditions(value, viewer));
    } else if ('selects' in index) {
      for (const select of index.selects(value)) selected.push({ kind: 'filter', ids: select(ALWAYS) });
    } else {
      for (const ids of index.matches(value)) searched.push({ kind: 'filter', ids, areSearched: true });
    }
  }
  for (const conditions of byColumn.values()) {
    if (conditions.length > 0) selected.push({ kind: 'filter', ids: sqlText`select i.id from image i where ${allOf(conditions)}` });
  }
  return [...selected, ...searched];
}

/** Ids by each index that a chunked scan can read between two ids. */
export function scannedByFilter(filter: ImageFilter | null | undefined, viewer: Viewer): IdSelect[] {
  const selects: IdSelect[] = [];
  for (const { field: { conditions, index }, value } of given(filter)) {
    if (index === undefined) continue;
    if ('selects' in index) selects.push(...index.selects(value));
    if (!('column' in index) || index.isScanned !== true) continue;
    const met = conditions(value, viewer);
    if (met.length > 0) selects.push((further) => sqlText`select x.image_id as id from (select i.id as image_id from image i where ${allOf(met)}) x where ${further}`);
  }
  return selects;
}
