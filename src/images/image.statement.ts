import { usernames } from '../access/people/usernames.js';
import type { Viewer } from '../access/viewer.js';
import type { VisibleDatacenters } from '../datacenters/datacenter-cache.js';
import type { ObjectSelection } from '../platform/graphql/selection.js';
import type { Column } from '../platform/database/columns.js';
import type { Condition } from '../platform/database/list/conditions.js';
import { WeakMemo } from '../platform/memory/weak-memo.js';
import type { Reads } from '../platform/database/read/reads.js';
import { joinTexts, sqlConstant, sqlInteger, type SqlText, sqlText } from '../platform/database/sql-text.js';
import { asBoolean, type Flag } from '../platform/database/tables.js';
import { ATTACHMENTS, BINDING, type FieldReader, IMAGE_FIELDS, inspectableColumn, OWNER, OWNER_NAME } from './image.columns.js';
import type { SelectedImage } from './image.type.js';
import { visibleImages } from './image.visibility.js';

/** The table under the alias that conditions use. */
export const IMAGE_FROM = sqlText`image i`;
/** An image is bound to one datacenter at most, so the join adds no row; it costs as much as the image itself. */
const WITH_BINDING = sqlText` left join image_attachment b on b.bound_image_id = i.id`;
const WITH_OWNER = sqlText` join user_account u on u.id = i.owner_id`;

/** A row as the driver gives it: values in the order of the columns. */
export type RowValues = readonly unknown[];

/** Selects all fields of an image, for resolvers and services. */
export const WHOLE: ObjectSelection = { fields: new Set(['actions']) };

/** The id comes before the columns of the fields. */
const FIRST_COLUMN = 1;
const MOST_COLUMNS = 100;
const NOTHING = sqlText``;
const NO_COLUMN = sqlText`null as c0`;
const READERS: ReadonlyMap<string, FieldReader> = new Map(Object.entries(IMAGE_FIELDS));
/** Fields that need no column but the first. */
const FIELDS_OF_EVERY_ROW: ReadonlySet<string> = new Set(['__typename', 'id']);
/** The fields of an owner that need no join. */
const FIELDS_OF_OWNER_NAME: ReadonlySet<string> = new Set(['__typename', 'id', 'username']);

/** How a reader takes its columns from a row: the one at `at` or, unless `end` is null, all up to `end`. */
interface PlacedReader {
  read: FieldReader['read'];
  at: number;
  end: number | null;
}

/** The columns that one selection takes, and the joins that they need. */
interface SelectedColumns {
  columns: SqlText;
  /** Null where the columns are all of the image's own table. */
  joins: SqlText | null;
  readers: readonly PlacedReader[];
  /** Where a row has the id of an owner whose name memory knows; null unless the name is all that is selected of the owner. */
  ownerAt: number | null;
  /** A field with a resolver of its own is selected, which needs the whole image. */
  isWhole: boolean;
  /** Where a row of a whole image tells whether it is inspectable. */
  inspectableAt: number;
}

const columnsBySelection = new WeakMemo<ObjectSelection, SelectedColumns>();

function readersOf({ fields, nested }: ObjectSelection, isWhole: boolean): Set<FieldReader> {
  const readers = new Set(isWhole ? READERS.values() : [...fields].flatMap((field) => READERS.get(field) ?? []));
  if (readers.has(ATTACHMENTS)) readers.delete(BINDING);
  const ofOwner = nested?.get('owner')?.fields;
  if (readers.has(OWNER) && ofOwner !== undefined && [...ofOwner].every((field) => FIELDS_OF_OWNER_NAME.has(field))) {
    readers.delete(OWNER);
    readers.add(OWNER_NAME);
  }
  return readers;
}

function selectColumns(selection: ObjectSelection): SelectedColumns {
  const isWhole = [...selection.fields].some((field) => !FIELDS_OF_EVERY_ROW.has(field) && !READERS.has(field));
  const readers = readersOf(selection, isWhole);
  let at = FIRST_COLUMN;
  let ownerAt: number | null = null;
  const placed = [...readers].map((reader): PlacedReader => {
    const first = at;
    at += reader.columns.length;
    if (reader === OWNER_NAME) ownerAt = first;
    return { read: reader.read, at: first, end: reader.columns.length === 1 ? null : at };
  });
  // Numbered, as no two columns of a statement may share a name.
  const names = [...readers].flatMap((reader) => reader.columns).map((column, index) => sqlText`${sqlConstant(column)} as c${sqlInteger(index, { max: MOST_COLUMNS })}`);
  const joins = [...(readers.has(BINDING) ? [WITH_BINDING] : []), ...(readers.has(OWNER) ? [WITH_OWNER] : [])];
  return {
    columns: names.length === 0 ? NO_COLUMN : joinTexts(names, ', '),
    joins: joins.length === 0 ? null : joinTexts(joins, ''),
    readers: placed,
    ownerAt,
    isWhole,
    inspectableAt: at,
  };
}

/** Reads images for one selection and one viewer. */
export interface ImageReader {
  /** The same object for the same selection, as a key of memos. */
  selected: object;
  /** `order` is the column that a list is ordered by. */
  columns(order?: Column): SqlText;
  /** `images` with the joins that the columns need. */
  from(images: SqlText): SqlText;
  /** The value of the column that the list is ordered by. */
  orderValueOf(row: RowValues): unknown;
  imagesOf(rows: readonly RowValues[]): Promise<SelectedImage[]>;
}

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** Images have the selected fields alone, or all where a selected field has a resolver of its own. */
export function imageReader(
  { em, viewer, datacenters }: { em: Reads; viewer: Viewer; datacenters: VisibleDatacenters },
  selection: ObjectSelection,
): ImageReader {
  const selected = columnsBySelection.getOrCompute(selection, selectColumns);
  const { columns, joins, ownerAt, readers, isWhole, inspectableAt } = selected;
  return {
    selected,
    columns: (order) => {
      const inspectable = isWhole ? sqlText`, ${inspectableColumn(viewer)} as inspectable` : NOTHING;
      const orderValue = order === undefined ? NOTHING : sqlText`, ${sqlConstant(order)} as order_value`;
      return sqlText`i.id, ${columns}${inspectable}${orderValue}`;
    },
    from: (images) => (joins === null ? images : sqlText`${images}${joins}`),
    orderValueOf: (row) => row.at(-1),
    imagesOf: async (rows) => {
      const names = ownerAt === null ? NO_NAMES : await usernames(em, rows.map((row) => row[ownerAt] as number));
      const inMemory = { datacenters, usernames: names };
      return rows.map((row) => {
        const image: SelectedImage = { id: row[0] as number };
        // The statement selects the columns of each reader for its positions, so the values have the types that it asks for.
        for (const { read, at, end } of readers) read(image, (end === null ? row[at] : row.slice(at, end)) as never, inMemory);
        if (isWhole) image.inspectable = asBoolean(row.at(inspectableAt) as Flag);
        return image;
      });
    },
  };
}

/** Selects the images that meet the condition and exist for the viewer. */
export function findStatement({ columns, from }: ImageReader, viewer: Viewer, condition: Condition): SqlText {
  return sqlText`select ${columns()} from ${from(IMAGE_FROM)} where (${condition} and ${visibleImages(viewer)})`;
}
