import type { Image } from './image.entity.js';
import { shownManifest } from './shown-manifest.js';

type ManifestFile = { size: number; sha1: string; compression: string };

function fileOf({ fileSize, fileSha1, fileCompression }: Image): ManifestFile | null {
  return fileSize && fileSha1 && fileCompression ? { size: fileSize, sha1: fileSha1, compression: fileCompression } : null;
}

/** The text of `<uuid>/manifest` in the store. The image must have its tags loaded; `file` while its row has none yet. */
export function storedManifest(image: Image, file: ManifestFile | null = fileOf(image)): string {
  const { uuid, name, version, access, description, sizeMib, resize, deploy, manifest, createdAt } = image;
  const tags = image.tags.getItems().map((tag) => tag.tag);
  const facts = { uuid, name, version, access, description, sizeMib, resize, deploy, manifest, createdAt, tags, file };
  return JSON.stringify(shownManifest(facts), null, 2);
}
