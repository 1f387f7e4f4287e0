import type { FileKey } from '../../platform/store/file-key.js';
import type { FileKind } from '../file-kind/file-kind.js';
import type { Image } from '../image.entity.js';
import { laterThan } from '../../platform/updated-at.js';
import type { FileDigest } from '../import/download/hasher.js';

/** What was measured of a file in the image store. */
export interface PublishedFile {
  key: FileKey;
  digest: FileDigest;
  kind: Omit<FileKind, 'name'>;
}

/** Makes the image OK and records its file: from then on, the one under this key is the image. */
export function recordPublishedFile(image: Image, { key, digest: { size, sha1, sha256, md5 }, kind: { compression, format } }: PublishedFile): void {
  image.status = 'OK';
  image.fileSize = size;
  image.fileSha1 = sha1;
  image.fileSha256 = sha256;
  image.fileMd5 = md5;
  image.fileCompression = compression;
  image.fileFormat = format;
  image.fileKey = key.attempt;
  image.updatedAt = laterThan(image.updatedAt);
}
