import { usernames } from '../access/usernames.js';
import type { Viewer } from '../access/viewer.js';
import type { SeenDatacenters } from '../datacenters/datacenter-catalogue.js';
import type { SqlEntityManager } from '../platform/database.js';
import type { ObjectSelection } from '../platform/selection.js';
import type { Condition } from '../platform/conditions.js';
import { Kept } from '../platform/kept.js';
import { plainText, SqlText, sqlText, textOf } from '../platform/sql-text.js';
import { asBoolean, type Flag } from '../platform/tables.js';
import { BOUND, FIELD_PARTS, INNER_PARTS, inspectableColumn, OWNER, OWNER_NAME, type Part, PLACES, type Row, TAGS } from './image.columns.js';
import type { ImageType } from './image.type.js';
import { visibleImages } from './image.visibility.js';

/** The table under the alias that conditions use. */
export const IMAGE_FROM = plainText('image i');
/** An image is bound to one datacenter at most, so the join adds no row; it costs as much as the image itself. */
const WITH_BINDING = ' left join image_attachment b on b.bound_image_id = i.id';
const WITH_OWNER = ' join user_account u on u.id = i.owner_id';

/** What one selection takes of the table, worked out once. */
interface Plan {
  columns: SqlText;
  /** Nothing of the owner but its name: where its id is in the row. */
  ownerAt: number | null;
  /** Tables that the columns need beside that of the images. */
  joins: SqlText;
  parts: readonly { part: Part; at: number }[];
  /** Some field has a resolver of its own: it must find the whole image, and whether its guarded fields may be seen. */
  isWhole: boolean;
  width: number;
}

/** An image with all that resolvers, services and callers may look at. */
export const WHOLE: ObjectSelection = { fields: new Set(['actions']) };

/** Columns before those of the parts: the id. */
const LEADING = 1;
const SUPPORTING = new Set(['__typename', 'owner', 'datacenters', 'tags']);
const NOTHING = plainText('');
const known = new WeakMap<ObjectSelection, Plan>();

function ownerPart(selection: ObjectSelection): Part {
  const asked = selection.nested?.get('owner')?.fields;
  const isNameOnly = asked !== undefined && [...asked].every((field) => field === 'username' || field === '__typename');
  return isNameOnly ? OWNER_NAME : OWNER;
}

function planOf(selection: ObjectSelection): Plan {
  const { fields } = selection;
  const isWhole = [...fields].some((field) => !(field in FIELD_PARTS) && !SUPPORTING.has(field));
  const wanted = isWhole ? Object.values(FIELD_PARTS) : [...fields].flatMap((field) => FIELD_PARTS[field] ?? []);
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
  const names = [...parts].flatMap((part) => part.columns).map((column, index) => `${column} as c${index}`);
  return {
    columns: plainText(names.length === 0 ? 'null as c0' : names.join(', ')),
    joins: plainText(`${parts.has(BOUND) ? WITH_BINDING : ''}${parts.has(OWNER) ? WITH_OWNER : ''}`),
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
  columns(order?: string): SqlText;
  /** The tables, in whichever way one gets to the images, with what the columns need beside them. */
  from(images: SqlText): SqlText;
  /** The value that the list is ordered by. */
  placeOf(row: Row): unknown;
  nodesOf(rows: readonly Row[]): Promise<ImageType[]>;
}

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** What was not asked for is not there, unless a field with a resolver of its own was asked for: then all of it is. */
export function imageReading(
  { em, viewer, seen }: { em: SqlEntityManager; viewer: Viewer; seen: SeenDatacenters },
  selection: ObjectSelection,
): ImageReading {
  let plan = known.get(selection);
  if (plan === undefined) known.set(selection, (plan = planOf(selection)));
  const { columns, joins, ownerAt, parts, isWhole, width } = plan;
  return {
    plan,
    columns: (order) => {
      const inspectable = isWhole ? sqlText`, ${inspectableColumn(viewer)} as inspectable` : NOTHING;
      return sqlText`i.id as id, ${columns}${inspectable}${plainText(order === undefined ? '' : `, ${order} as place`)}`;
    },
    from: (images) => (joins.text === '' ? images : new SqlText(images.text + joins.text, images.values)),
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

/** Around a condition; `before` are the values that come before those of the condition. */
interface Frame {
  text: string;
  before: readonly unknown[];
  after: readonly unknown[];
}

const frames = new Kept<Frame>(20);

/** The images under a condition, as far as they exist for the viewer. Its text is long, and kept for as long as the viewer and the selection are. */
export function findStatement({ plan, columns, from }: ImageReading, viewer: Viewer, condition: Condition): SqlText {
  const { text, values } = textOf(condition);
  const frame = frames.get(viewer, plan, text, () => {
    const head = sqlText`select ${columns()} from ${from(IMAGE_FROM)}`;
    const visible = visibleImages(viewer);
    return { text: `${head.text} where (${text} and ${visible.text})`, before: head.values, after: visible.values };
  });
  return new SqlText(frame.text, [...frame.before, ...values, ...frame.after]);
}
