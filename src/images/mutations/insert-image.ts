import type { Reference, RequiredEntityData } from '@mikro-orm/core';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { comparisonKey } from '../../platform/display-text.js';
import { alreadyExists, type AppError } from '../../platform/errors.js';
import { ImageAttachment } from '../image-attachment.entity.js';
import { Image } from '../image.entity.js';
import { labelKeysOf, searchTextOf } from '../rules/image-rules.js';
import { ImageTag } from '../image-tag.entity.js';
import { publicationDate } from '../manifest/shown-manifest.js';

/**
 * The id of an image that a dry run writes. It is fixed, because Postgres does not roll back a number drawn from a sequence. It is the
 * largest id there is, so no image has it, and it does not advance the sequence.
 */
export const DRY_RUN_IMAGE_ID = 2_147_483_647;

/** Columns that `insertImage`, a trigger of the database or a later task fills. */
type FilledLater =
  | 'owner' | 'nameKey' | 'aliasKey' | 'versionKey' | 'searchText' | 'createdAt' | 'updatedAt' | 'publishedAt' | 'attachments' | 'tags' | 'places' | 'tagList'
  | 'fileSize' | 'fileSha1' | 'fileSha256' | 'fileMd5' | 'fileCompression' | 'fileFormat' | 'fileKey';

type Insertable = RequiredEntityData<Image>;
type ValueOf<Stored> = NonNullable<Stored> extends Reference<infer _Row> ? number | null : Stored;

/** The row of a new image; `id` only for a dry run. Whoever makes one must give each further column of the entity that has no default. */
export type NewImageRow = { [Name in keyof Insertable as Exclude<Name, FilledLater>]: Name extends keyof Image ? ValueOf<Image[Name]> : never } & {
  ownerId: number;
  description: string;
  manifest: string;
};

/** Whether no other image has the name, nor both the alias and the version. */
export async function isFreeName(tx: SqlEntityManager, image: Pick<NewImageRow, 'name' | 'alias' | 'version'>): Promise<boolean> {
  return (await tx.count(Image, { $or: [{ nameKey: comparisonKey(image.name) }, labelKeysOf(image)] })) === 0;
}

/** The refusal of a name that another image has. */
export function nameTaken(name: string): AppError {
  return alreadyExists(`The name ${name} is taken by another image; names are unique, upper and lower case are the same.`, { name });
}

/** The refusal of an alias and a version that another image has. */
export function labelTaken({ alias, version }: Pick<NewImageRow, 'alias' | 'version'>): AppError {
  return alreadyExists(`Another image has the alias ${alias} and the version ${version}; the two together are unique.`, { alias, version });
}

/** Throws ALREADY_EXISTS when another image has the name, or both the alias and the version. */
export async function requireFreeName(tx: SqlEntityManager, image: Pick<NewImageRow, 'name' | 'alias' | 'version'>): Promise<void> {
  if ((await tx.count(Image, { nameKey: comparisonKey(image.name) })) > 0) throw nameTaken(image.name);
  if ((await tx.count(Image, labelKeysOf(image))) > 0) throw labelTaken(image);
}

/** Writes an image with its tags, attached and bound to the datacenter; to none for null. */
export async function insertImage(
  tx: SqlEntityManager,
  values: NewImageRow,
  tags: readonly string[],
  datacenterId: number | null,
): Promise<Image> {
  const { ownerId, ...fields } = values;
  const createdAt = new Date();
  const row = tx.create(Image, {
    ...fields,
    createdAt,
    publishedAt: publicationDate(values.manifest, createdAt),
    owner: ownerId,
    ...labelKeysOf(values),
    searchText: searchTextOf(values.name, values.alias, values.description),
  });
  tags.forEach((tag, position) => tx.create(ImageTag, { image: row, tag, position }));
  await tx.persist(row).flush();
  if (datacenterId !== null) {
    await tx.persist(tx.create(ImageAttachment, { image: row, datacenter: datacenterId, boundImageId: row.id })).flush();
  }
  return row;
}
