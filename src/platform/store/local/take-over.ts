import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type AttemptKey, isEarlierAttempt } from '../file-key.js';
import { errorCode, lstatOrNull } from '../safe-open.js';
import { attemptFolders } from './attempt-folders.js';
import { type StoreLayout, UNFINISHED } from './store-layout.js';

const COPY_CHUNK_BYTES = 1024 * 1024;

/** What an earlier attempt of the same task left. */
interface Earlier {
  key: AttemptKey;
  path: string;
  /** Bytes. */
  size: number;
}

/**
 * Gives an attempt the longest file that an earlier attempt of its task left, unless it has a longer one itself. Returns the earlier
 * attempts, which nobody needs any more. Their files are moved if `isSoleOwner`, else copied, as one may still be written to.
 */
export async function takeOverEarlier(layout: StoreLayout, key: AttemptKey, isSoleOwner: boolean): Promise<AttemptKey[]> {
  const earlier = await earlierAttempts(layout, key);
  const { unfinished } = layout.draft(key);
  const longest = earlier.reduce<Earlier | null>((best, one) => (one.size > (best?.size ?? 0) ? one : best), null);
  const own = (await lstatOrNull(unfinished))?.size ?? 0;
  if (longest !== null && longest.size > own) await (isSoleOwner ? rename(longest.path, unfinished) : copyBytes(longest, unfinished));
  return earlier.map((one) => one.key);
}

async function earlierAttempts(layout: StoreLayout, own: AttemptKey): Promise<Earlier[]> {
  const found: Earlier[] = [];
  for (const name of await attemptFolders(layout.image(own.uuid))) {
    const key = { uuid: own.uuid, attempt: name };
    if (isEarlierAttempt(key, own)) found.push({ key, ...(await longestFile(layout.folder(key))) });
  }
  return found;
}

async function longestFile(folder: string): Promise<{ path: string; size: number }> {
  const paths = [join(folder, UNFINISHED), join(folder, 'file')];
  const sizes = await Promise.all(paths.map(async (path) => sizeOf(path)));
  const [unfinished = 0, sealed = 0] = sizes;
  return { path: join(folder, unfinished > sealed ? UNFINISHED : 'file'), size: Math.max(unfinished, sealed) };
}

async function sizeOf(path: string): Promise<number> {
  const stats = await lstatOrNull(path);
  return stats?.isFile() ? stats.size : 0;
}

/** Shares the blocks where the file system can; else copies piece by piece, so that ending the thread ends the copy. */
async function copyBytes({ path, size }: Earlier, to: string): Promise<void> {
  const pieces = async (): Promise<void> => pipeline(createReadStream(path, { end: size - 1, highWaterMark: COPY_CHUNK_BYTES }), createWriteStream(to, { mode: 0o600 }));
  await copyFile(path, to, constants.COPYFILE_FICLONE_FORCE).catch(pieces).catch((error: unknown) => {
    // Somebody swept it away: what was copied so far is a beginning.
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

/** Gives an attempt that has no bytes yet those that an earlier version of the gateway downloaded for its image. */
export async function takeOverPartial(layout: StoreLayout, key: AttemptKey): Promise<void> {
  const { unfinished } = layout.draft(key);
  const folder = layout.partial(key.uuid);
  const path = join(folder, 'file');
  if ((await sizeOf(unfinished)) > 0 || (await sizeOf(path)) === 0) return;
  await rename(path, unfinished);
  await rm(folder, { recursive: true, force: true });
}
