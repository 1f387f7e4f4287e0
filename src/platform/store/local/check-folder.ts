import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors.js';
import { withinTime } from '../../scheduling/within-time.js';
import { isStoreFull } from '../free-space.js';
import { errorCode, writeDurably } from '../safe-open.js';

const CHECK_TIMEOUT_MS = 10_000;
/** No right, read-only, a broken disk or network mount, or something else where a file or a folder should be. */
const UNUSABLE_CODES: ReadonlySet<string> = new Set([
  'EACCES', 'EPERM', 'EROFS', 'EIO', 'EUCLEAN', 'ESTALE', 'ENODEV', 'ENXIO', 'ENOTCONN', 'EHOSTDOWN', 'EBUSY', 'ETXTBSY', 'EMFILE', 'ENFILE', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EEXIST', 'ENOTEMPTY', 'EXDEV', 'EMLINK',
]);

/**
 * Runs `prepare` and then writes a probe file, since permission bits do not show that a file system is read-only. A full store passes:
 * images can be deleted from it. Throws AppErrors of `prepare` unchanged, else IMAGE_SERVER_UNAVAILABLE; also after 10 s, since a network
 * mount may hang for ever.
 */
export async function checkFolder(root: string, prepare: () => Promise<void>): Promise<void> {
  try {
    await withinTime(CHECK_TIMEOUT_MS, prepare().then(async () => proveWritable(root)));
  } catch (error) {
    throw error instanceof AppError ? error : unavailable(root, error);
  }
}

/** Does work on the folder. Throws what the system refuses as IMAGE_SERVER_UNAVAILABLE; a full store is left to the caller. */
export async function explainUnusable<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw UNUSABLE_CODES.has(errorCode(error) ?? '') ? unavailable(root, error) : error;
  }
}

/** IMAGE_SERVER_UNAVAILABLE that tells an operator which folder cannot be used, and why. */
export function unavailable(root: string, error: unknown): AppError {
  const cause = error instanceof Error ? error.message : String(error);
  const message = `The image store ${root} cannot be used: ${cause}. A folder that the gateway can read and write is needed.`;
  return new AppError('IMAGE_SERVER_UNAVAILABLE', message, {}, { cause: error });
}

async function proveWritable(root: string): Promise<void> {
  const probe = join(root, '.write-probe');
  try {
    await writeDurably(probe, 'probe');
  } catch (error) {
    if (!isStoreFull(error)) throw error;
  }
  await rm(probe, { force: true });
}
