import type { SqlEntityManager } from '../../platform/database/database.js';
import type { Image } from '../image.entity.js';
import type { UpdateImageInput } from '../mutations/image-mutation.inputs.js';
import { labelKeysOf, searchTextOf, UPDATABLE_FIELDS, type UpdatableValues } from '../rules/image-rules.js';
import { ImageTag } from '../image-tag.entity.js';
import { laterThan } from '../../platform/updated-at.js';

/** Everything that an update may have changed, as it was before: stored with the task until that has ended. */
export interface UndoUpdate {
  shown: UpdatableValues;
  labelKeys: { aliasKey: string; versionKey: string | null };
  ownerId: number;
  boundDatacenterId: number | null;
}

const COLUMN_FIELDS = UPDATABLE_FIELDS.filter((name) => name !== 'tags');

/** The present values of all updatable fields. The image must have its tags loaded. */
export function updatableValuesOf(image: Image): UpdatableValues {
  // An updatable field that the entity lacks does not compile here.
  const stored: Omit<UpdatableValues, 'tags'> = image;
  const values = Object.fromEntries(COLUMN_FIELDS.map((name) => [name, stored[name]])) as typeof stored;
  return { ...values, tags: image.tags.getItems().map((tag) => tag.tag) };
}

/** The values that an input gives: neither left out nor null. */
export function givenValues(input: UpdateImageInput): Partial<UpdatableValues> {
  return Object.fromEntries(UPDATABLE_FIELDS.flatMap((name) => (input[name] === null || input[name] === undefined ? [] : [[name, input[name]]])));
}

/** Writes the values into the row, and everything that is derived from them. The image must have its tags loaded. */
export async function applyUpdatableValues(tx: SqlEntityManager, image: Image, values: Partial<UpdatableValues>): Promise<void> {
  const { tags, ...fields } = values;
  const { alias, version } = image;
  tx.assign(image, fields);
  // A row that has looked like another one since before that was refused keeps its key until one of them changes.
  if (image.alias !== alias || image.version !== version) tx.assign(image, labelKeysOf(image));
  image.searchText = searchTextOf(image.name, image.alias, image.description);
  image.updatedAt = laterThan(image.updatedAt);
  if (tags === undefined) return;
  await tx.nativeDelete(ImageTag, { image: image.id });
  await tx.insertMany(ImageTag, tags.map((tag, position) => ({ image: image.id, tag, position })));
}

export type Differences = Record<string, { before: unknown; after: unknown }>;

/** The old and the new value of every field that changes, as the task log shows them. */
export function differences<T extends object>(before: T, after: Partial<T>): Differences {
  const olds = new Map<string, unknown>(Object.entries(before));
  const differing = Object.entries(after).filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(olds.get(name)));
  return Object.fromEntries(differing.map(([name, value]) => [name, { before: olds.get(name), after: value }]));
}
