import { AppError } from '../../platform/errors.js';
import type { FileKey } from '../../platform/store/file-key.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ManifestFile } from '../../imgapi/manifest.js';

/** The refusal of an image placed by hand whose file is missing. */
export function noStoredFile(uuid: string): AppError {
  return new AppError('NO_FILE', `The image store has no file for ${uuid}; place it there as ${uuid}/file.`);
}

/** The refusal of an image placed by hand whose file is another one. */
export function otherStoredFile(uuid: string): AppError {
  return new AppError('CHECKSUM_MISMATCH', `The file of ${uuid} in the image store is not the one that its manifest describes: its size or its sha1 is another; replace it, and refresh the repository.`);
}

/**
 * Throws NO_FILE or CHECKSUM_MISMATCH for what can be told of a stored file without reading it. `mismatchedAt`: when a load of the local
 * repository found that its sha1 is another; a file that was replaced since is hashed by the task.
 */
export async function requireStoredFile(store: FileStore, key: FileKey, file: ManifestFile, mismatchedAt: number | null): Promise<void> {
  const { uuid } = key;
  const stored = await store.statFile(key);
  if (stored === null) throw noStoredFile(uuid);
  const isKnownToDiffer = mismatchedAt !== null && stored.modifiedAt.getTime() <= mismatchedAt;
  if (stored.size !== file.size || isKnownToDiffer) throw otherStoredFile(uuid);
}
