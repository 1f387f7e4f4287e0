import type { FileKind } from '../file-kind/file-kind.js';
import type { Image } from '../image.entity.js';
import { laterThan } from '../../platform/updated-at.js';
import type { FileDigest } from '../import/download/hasher.js';

/** Makes the image OK and records the file that was published for it. */
export function recordPublishedFile(image: Image, { size, sha1, sha256, md5 }: FileDigest, { compression, format }: Omit<FileKind, 'name'>): void {
  image.status = 'OK';
  image.fileSize = size;
  image.fileSha1 = sha1;
  image.fileSha256 = sha256;
  image.fileMd5 = md5;
  image.fileCompression = compression;
  image.fileFormat = format;
  image.updatedAt = laterThan(image.updatedAt);
}
