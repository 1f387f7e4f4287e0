import type { SqlEntityManager } from '../../platform/database/database.js';
import type { ImageAccess } from '../image.enums.js';
import type { Image } from '../image.entity.js';
import { aliasKeyOf, searchTextOf } from '../rules/image-rules.js';
import { ImageTag } from '../image-tag.entity.js';

/** What of an image its manifest shows and an update may change. */
export interface ShownValues {
  alias: string;
  version: string;
  access: ImageAccess;
  description: string;
  resize: boolean;
  deploy: boolean;
  tags: string[];
}

/** All that an update may have changed, as it was before: kept with the task until it has ended. */
export interface UndoUpdate {
  shown: ShownValues;
  ownerId: number;
  boundDatacenterId: number | null;
}

/** The image must have its tags loaded. */
export function shownValuesOf(image: Image): ShownValues {
  const { alias, version, access, description, resize, deploy } = image;
  return { alias, version, access, description, resize, deploy, tags: image.tags.getItems().map((tag) => tag.tag) };
}

/** Writes the values onto the row, with what is derived from them. The image must have its tags loaded. */
export async function applyShownValues(tx: SqlEntityManager, image: Image, values: Partial<ShownValues>): Promise<void> {
  const { tags, ...fields } = values;
  // MikroORM refuses undefined, which here means "not given".
  tx.assign(image, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
  image.aliasKey = aliasKeyOf(image.alias);
  image.searchText = searchTextOf(image.name, image.alias, image.description);
  image.updatedAt = new Date();
  if (tags === undefined) return;
  await tx.nativeDelete(ImageTag, { image: image.id });
  await tx.insertMany(ImageTag, tags.map((tag, position) => ({ image: image.id, tag, position })));
}

export type Differences = Record<string, { before: unknown; after: unknown }>;

/** Old and new of every field that differs, as the task log shows it. */
export function differences<T extends object>(before: T, after: Partial<T>): Differences {
  const olds = new Map<string, unknown>(Object.entries(before));
  const differing = Object.entries(after).filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(olds.get(name)));
  return Object.fromEntries(differing.map(([name, value]) => [name, { before: olds.get(name), after: value }]));
}
