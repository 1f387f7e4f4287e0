import type { Image } from '../image.entity.js';
import { shownManifest } from './shown-manifest.js';
import type { UpdatableValues } from '../rules/image-rules.js';
import { updatableValuesOf } from '../update/image-values.js';

type ManifestFile = { size: number; sha1: string; compression: string };

function fileOf({ fileSize, fileSha1, fileCompression }: Image): ManifestFile | null {
  return fileSize && fileSha1 && fileCompression ? { size: fileSize, sha1: fileSha1, compression: fileCompression } : null;
}

/**
 * The text of `<uuid>/manifest` in the store. The image must have its tags loaded. `file` stands in while the row has none yet, `shown`
 * for the values of the row.
 */
export function storedManifest(image: Image, given: { file?: ManifestFile; shown?: UpdatableValues } = {}): string {
  const { uuid, name, sizeMib, manifest, createdAt } = image;
  const { version, access, description, resize, deploy, tags } = given.shown ?? updatableValuesOf(image);
  const file = given.file ?? fileOf(image);
  const facts = { uuid, name, version, access, description, sizeMib, resize, deploy, manifest, createdAt, tags, file };
  return JSON.stringify(shownManifest(facts), null, 2);
}
