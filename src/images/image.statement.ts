import type { Viewer } from '../access/viewer.js';
import type { SeenDatacenters } from '../datacenters/datacenter-catalogue.js';
import type { ObjectSelection } from '../platform/selection.js';
import { plainText, type SqlText, sqlText } from '../platform/sql-text.js';
import { asBoolean, type Flag } from '../platform/tables.js';
import { attachedPart, FIELD_PARTS, INNER_PARTS, inspectableColumn, OWNER, OWNER_NAME, type Part, type Row, tagsPart } from './image.columns.js';
import type { ImageType } from './image.type.js';

/** Tables under the aliases that conditions use. An image is bound to one datacenter at most, so the join adds no row. */
export const IMAGE_FROM = plainText('image i left join image_attachment b on b.bound_image_id = i.id');
const WITH_OWNER = plainText('join user_account u on u.id = i.owner_id');

/** What one selection takes of the table, worked out once. */
interface Plan {
  columns: SqlText;
  withOwner: boolean;
  parts: readonly { part: Part; at: number }[];
  /** Some field has a resolver of its own: it must find the whole image, and whether its guarded fields may be seen. */
  isWhole: boolean;
  width: number;
}

/** An image with everything that resolvers and services look at; its relations are left to them. */
export const WHOLE: ObjectSelection = { fields: new Set(['tags', 'actions']) };

/** Columns before those of the parts: the id, and the value that a list is ordered by. */
const LEADING = 2;
const SUPPORTING = new Set(['__typename', 'owner', 'datacenters', 'tags']);
const plans = { sqlite: new WeakMap<ObjectSelection, Plan>(), postgres: new WeakMap<ObjectSelection, Plan>() };

function ownerPart(selection: ObjectSelection): Part {
  const asked = selection.nested?.get('owner')?.fields;
  const isNameOnly = asked !== undefined && [...asked].every((field) => field === 'username' || field === '__typename');
  return isNameOnly ? OWNER_NAME : OWNER;
}

function planOf(selection: ObjectSelection, isSqlite: boolean): Plan {
  const { fields } = selection;
  const isWhole = [...fields].some((field) => !(field in FIELD_PARTS) && !SUPPORTING.has(field));
  const wanted = isWhole ? Object.values(FIELD_PARTS) : [...fields].flatMap((field) => FIELD_PARTS[field] ?? []);
  const parts = new Set<Part>([...wanted, ...(isWhole ? INNER_PARTS : [])]);
  if (fields.has('owner')) parts.add(ownerPart(selection));
  if (fields.has('datacenters')) parts.add(attachedPart(isSqlite));
  if (fields.has('tags')) parts.add(tagsPart(isSqlite));
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
    withOwner: fields.has('owner'),
    parts: placed,
    isWhole,
    width: at,
  };
}

/** How images are read for one selection and one viewer. */
export interface ImageReading {
  /** `order` is the column that a list is ordered by. */
  columns(order: string): SqlText;
  /** The tables, in whichever way one gets to the images, with what the columns need beside them. */
  from(images: SqlText): SqlText;
  nodeOf(row: Row): ImageType;
}

/** What was not asked for is not there, unless a field with a resolver of its own was asked for: then all of it is. */
export function imageReading(selection: ObjectSelection, viewer: Viewer, seen: SeenDatacenters, isSqlite: boolean): ImageReading {
  const known = isSqlite ? plans.sqlite : plans.postgres;
  let plan = known.get(selection);
  if (plan === undefined) known.set(selection, (plan = planOf(selection, isSqlite)));
  const { columns, withOwner, parts, isWhole, width } = plan;
  return {
    columns: (order) => {
      const plain = sqlText`i.id as id, ${plainText(order)} as place, ${columns}`;
      return isWhole ? sqlText`${plain}, ${inspectableColumn(viewer)} as inspectable` : plain;
    },
    from: (images) => (withOwner ? sqlText`${images} ${WITH_OWNER}` : images),
    nodeOf: (row) => {
      const image = { id: row[0] } as ImageType;
      for (const { part, at } of parts) part.put(image, row, at, seen);
      if (isWhole) image.inspectable = asBoolean(row[width] as Flag);
      return image;
    },
  };
}
