import { type Candidates } from '../../platform/database/list/selectivity.js';
import { ALWAYS, allOf, type Condition, contains, oneOf } from '../../platform/database/list/conditions.js';
import type { Column } from '../../platform/database/columns.js';
import { searchedIds } from '../../platform/database/search/trigrams.js';
import { sqlConstant, type SqlText, sqlText } from '../../platform/database/sql-text.js';
import type { ImageFilter } from './image.inputs.js';

/** Selects ids of images as `id`, with a further condition over their ids `x.image_id`. */
export type IdSelect = (further: Condition) => SqlText;

/** How SQLite finds the ids of the images that meet a condition, when these are few. Postgres chooses an index by itself. */
type FilterIndex<Value> =
  /**
   * By an index over this column of image. Fields with the same column are looked up together. `isScanned`: within one value of the
   * index, ids are in order, so that a chunked scan can read it between two ids.
   */
  | { column: 'owner_id' | 'status' | 'access' | 'os_type' | 'created_at'; isScanned?: true }
  /** By an index of another table, for each part of the value. A chunked scan can read all of them. */
  | { selects: (value: Value) => IdSelect[] }
  /** By the full-text index, whose matches are found once and handed on. */
  | { matches: (value: Value) => SqlText[] };

/** One field of `ImageFilter`: the conditions over image `i` that a value stands for. A field that is absent, null or an empty list has none. */
interface FilterField<Value> {
  conditions: (value: Value) => Condition[];
  index?: FilterIndex<Value>;
}

function among(column: Column): (values: readonly string[]) => Condition[] {
  return (values) => (values.length === 0 ? [] : [oneOf(column, values)]);
}

function isSo(condition: Condition): (wanted: boolean) => Condition[] {
  return (wanted) => [wanted ? condition : sqlText`not ${condition}`];
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
  status: { conditions: among('i.status'), index: { column: 'status' } },
  access: { conditions: among('i.access'), index: { column: 'access', isScanned: true } },
  osType: { conditions: among('i.os_type'), index: { column: 'os_type', isScanned: true } },
  createdAfter: { conditions: (date) => [sqlText`i.created_at > ${date.getTime()}`], index: { column: 'created_at' } },
  createdBefore: { conditions: (date) => [sqlText`i.created_at < ${date.getTime()}`], index: { column: 'created_at' } },
  resize: { conditions: isSo(sqlConstant('i.resize')) },
  deploy: { conditions: isSo(sqlConstant('i.deploy')) },
  dcBound: { conditions: isSo(sqlText`exists (select 1 from image_attachment b where b.bound_image_id = i.id)`) },
  search: {
    conditions: (text) => (text === '' ? [] : [contains('i.search_text', text)]),
    index: { matches: (text) => (text === '' ? [] : [searchedIds('image', text)]) },
  },
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

/** What images of a filtered list meet, over image `i`. */
export function imageFilter(filter: ImageFilter | null | undefined): Condition {
  const all: Condition[] = [];
  for (const { field, value } of given(filter)) all.push(...field.conditions(value));
  return allOf(all);
}

/** Ids by each index that a filter can use. */
export function filterCandidates(filter: ImageFilter | null | undefined): Candidates<'filter'>[] {
  const byColumn = new Map<string, Condition[]>();
  const selected: Candidates<'filter'>[] = [];
  const searched: Candidates<'filter'>[] = [];
  for (const { field: { conditions, index }, value } of given(filter)) {
    if (index === undefined) continue;
    if ('column' in index) {
      const ofColumn = byColumn.get(index.column);
      if (ofColumn === undefined) byColumn.set(index.column, conditions(value));
      else ofColumn.push(...conditions(value));
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
export function scannedByFilter(filter: ImageFilter | null | undefined): IdSelect[] {
  const selects: IdSelect[] = [];
  for (const { field: { conditions, index }, value } of given(filter)) {
    if (index === undefined) continue;
    if ('selects' in index) selects.push(...index.selects(value));
    if (!('column' in index) || index.isScanned !== true) continue;
    const met = conditions(value);
    if (met.length > 0) selects.push((further) => sqlText`select x.image_id as id from (select i.id as image_id from image i where ${allOf(met)}) x where ${further}`);
  }
  return selects;
}
