import { usernames } from '../access/people/usernames.js';
import type { Viewer } from '../access/viewer.js';
import type { VisibleDatacenters } from '../datacenters/datacenter-cache.js';
import type { ObjectSelection } from '../platform/graphql/selection.js';
import type { Column } from '../platform/database/columns.js';
import type { Condition } from '../platform/database/list/conditions.js';
import { Memo } from '../platform/memory/memo.js';
import type { Reads } from '../platform/database/read/reads.js';
import { joinTexts, sqlConstant, sqlInteger, type SqlText, sqlText, withValues } from '../platform/database/sql-text.js';
import { asBoolean, type Flag } from '../platform/database/tables.js';
import { BOUND, FIELD_PARTS, INNER_PARTS, inspectableColumn, OWNER, OWNER_NAME, type Part, PLACES, type Row, TAGS } from './image.columns.js';
import type { ImageType } from './image.type.js';
import { visibleImages } from './image.visibility.js';

/** The table under the alias that conditions use. */
export const IMAGE_FROM = sqlText`image i`;
/** An image is bound to one datacenter at most, so the join adds no row; it costs as much as the image itself. */
const WITH_BINDING = sqlText` left join image_attachment b on b.bound_image_id = i.id`;
const WITH_OWNER = sqlText` join user_account u on u.id = i.owner_id`;

/** What one selection takes of the table, worked out once. */
interface Plan {
  columns: SqlText;
  /** Nothing of the owner but its name: where its id is in the row. */
  ownerAt: number | null;
  /** Tables that the columns need beside that of the images; null for none. */
  joins: SqlText | null;
  parts: readonly { part: Part; at: number }[];
  /** Some field has a resolver of its own: it must find the whole image, and whether its guarded fields may be seen. */
  isWhole: boolean;
  width: number;
}

/** An image with all that resolvers, services and callers may look at. */
export const WHOLE: ObjectSelection = { fields: new Set(['actions']) };

/** Columns before those of the parts: the id. */
const LEADING = 1;
const MOST_COLUMNS = 100;
const SUPPORTING = new Set(['__typename', 'owner', 'datacenters', 'tags']);
const NOTHING = sqlText``;
const NO_COLUMN = sqlText`null as c0`;
const known = new WeakMap<ObjectSelection, Plan>();

function ownerPart(selection: ObjectSelection): Part {
  const asked = selection.nested?.get('owner')?.fields;
  const isNameOnly = asked !== undefined && [...asked].every((field) => field === 'username' || field === '__typename');
  return isNameOnly ? OWNER_NAME : OWNER;
}

function planOf(selection: ObjectSelection): Plan {
  const { fields } = selection;
  const isWhole = [...fields].some((field) => !FIELD_PARTS.has(field) && !SUPPORTING.has(field));
  const wanted = isWhole ? [...FIELD_PARTS.values()] : [...fields].flatMap((field) => FIELD_PARTS.get(field) ?? []);
  const parts = new Set<Part>([...wanted, ...(isWhole ? INNER_PARTS : [])]);
  const withDatacenters = isWhole || fields.has('datacenters');
  // Where it is attached tells where it is bound.
  if (withDatacenters) {
    parts.delete(BOUND);
    parts.add(PLACES);
  }
  if (isWhole || fields.has('owner')) parts.add(ownerPart(selection));
  if (isWhole || fields.has('tags')) parts.add(TAGS);
  let at = LEADING;
  const placed = [...parts].map((part) => {
    const place = { part, at };
    at += part.columns.length;
    return place;
  });
  // Named by their place, as no two columns of a statement may share a name.
  const names = [...parts].flatMap((part) => part.columns).map((column, index) => sqlText`${sqlConstant(column)} as c${sqlInteger(index, { max: MOST_COLUMNS })}`);
  const joins = [...(parts.has(BOUND) ? [WITH_BINDING] : []), ...(parts.has(OWNER) ? [WITH_OWNER] : [])];
  return {
    columns: names.length === 0 ? NO_COLUMN : joinTexts(names, ', '),
    joins: joins.length === 0 ? null : joinTexts(joins, ''),
    ownerAt: placed.find(({ part }) => part === OWNER_NAME)?.at ?? null,
    parts: placed,
    isWhole,
    width: at,
  };
}

/** How images are read for one selection and one viewer. */
export interface ImageReading {
  /** The same object for the same selection. */
  plan: object;
  /** `order` is the column that a list is ordered by; without one, no order is known. */
  columns(order?: Column): SqlText;
  /** The tables, in whichever way one gets to the images, with what the columns need beside them. */
  from(images: SqlText): SqlText;
  /** The value that the list is ordered by. */
  placeOf(row: Row): unknown;
  nodesOf(rows: readonly Row[]): Promise<ImageType[]>;
}

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** What was not asked for is not there, unless a field with a resolver of its own was asked for: then all of it is. */
export function imageReading(
  { em, viewer, seen }: { em: Reads; viewer: Viewer; seen: VisibleDatacenters },
  selection: ObjectSelection,
): ImageReading {
  let plan = known.get(selection);
  if (plan === undefined) known.set(selection, (plan = planOf(selection)));
  const { columns, joins, ownerAt, parts, isWhole, width } = plan;
  return {
    plan,
    columns: (order) => {
      const inspectable = isWhole ? sqlText`, ${inspectableColumn(viewer)} as inspectable` : NOTHING;
      const place = order === undefined ? NOTHING : sqlText`, ${sqlConstant(order)} as place`;
      return sqlText`i.id, ${columns}${inspectable}${place}`;
    },
    from: (images) => (joins === null ? images : sqlText`${images}${joins}`),
    placeOf: (row) => row.at(-1),
    nodesOf: async (rows) => {
      const names = ownerAt === null ? NO_NAMES : await usernames(em, rows.map((row) => row[ownerAt] as number));
      const inMemory = { seen, names };
      return rows.map((row) => {
        const image = { id: row[0] } as ImageType;
        for (const { part, at } of parts) part.put(image, row, at, inMemory);
        if (isWhole) image.inspectable = asBoolean(row[width] as Flag);
        return image;
      });
    },
  };
}

/** A statement whose condition has nulls for values, and the position of the first of these. */
interface Frame {
  statement: SqlText;
  from: number;
}

const frames = new Memo<Frame>(20);

/** The images under a condition, as far as they exist for the viewer. Its text is long, and kept for as long as the viewer and the selection are. */
export function findStatement({ plan, columns, from }: ImageReading, viewer: Viewer, condition: Condition): SqlText {
  const { values } = condition;
  const { statement, from: at } = frames.get(viewer, plan, condition.text, () => {
    const head = sqlText`select ${columns()} from ${from(IMAGE_FROM)}`;
    const unfilled = withValues(condition, 0, values.map(() => null));
    return { statement: sqlText`${head} where (${unfilled} and ${visibleImages(viewer)})`, from: head.values.length };
  });
  return withValues(statement, at, values);
}
