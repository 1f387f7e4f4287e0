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

/** The fields that are given. A value is that of its own field, which the compiler cannot follow through the entries. */
function given(filter: ImageFilter | null | undefined): { field: FilterField<never>; value: never }[] {
  if (filter === null || filter === undefined) return [];
  return ENTRIES.flatMap(([name, field]) => {
    const value = filter[name];
    return value === null || value === undefined ? [] : [{ field, value: value as never }];
  });
}

/** What images of a filtered list meet, over image `i`. */
export function imageFilter(filter: ImageFilter | null | undefined): Condition {
  return allOf(given(filter).flatMap(({ field, value }) => field.conditions(value)));
}

/** Ids by each index that a filter can use. */
export function filterCandidates(filter: ImageFilter | null | undefined): Candidates<'filter'>[] {
  const byColumn = new Map<string, Condition[]>();
  const selected: SqlText[] = [];
  const matches: SqlText[] = [];
  for (const { field: { conditions, index }, value } of given(filter)) {
    if (index === undefined) continue;
    if ('column' in index) {
      byColumn.set(index.column, [...(byColumn.get(index.column) ?? []), ...conditions(value)]);
    } else if ('selects' in index) {
      selected.push(...index.selects(value).map((select) => select(ALWAYS)));
    } else {
      matches.push(...index.matches(value));
    }
  }
  const meeting = [...byColumn.values()].filter((conditions) => conditions.length > 0).map((conditions) => sqlText`select i.id from image i where ${allOf(conditions)}`);
  return [
    ...[...selected, ...meeting].map((ids) => ({ kind: 'filter' as const, ids })),
    ...matches.map((ids) => ({ kind: 'filter' as const, ids, areSearched: true })),
  ];
}

function meetingInOrder(conditions: readonly Condition[]): IdSelect[] {
  if (conditions.length === 0) return [];
  const condition = allOf(conditions);
  return [(further) => sqlText`select x.image_id as id from (select i.id as image_id from image i where ${condition}) x where ${further}`];
}

/** Ids by each index that a chunked scan can read between two ids. */
export function scannedByFilter(filter: ImageFilter | null | undefined): IdSelect[] {
  return given(filter).flatMap(({ field: { conditions, index }, value }) => {
    if (index === undefined) return [];
    if ('selects' in index) return index.selects(value);
    return 'column' in index && index.isScanned === true ? meetingInOrder(conditions(value)) : [];
  });
}
