import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/** `code` of a system error ("ENOENT"), null for any other error. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}

/** Stats of the path without following a link; null when it does not exist. */
export async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** Whether the path is a folder; false for a link to one. */
export async function isFolder(path: string): Promise<boolean> {
  return (await lstatOrNull(path))?.isDirectory() ?? false;
}

/** Opens a regular file in a real folder for reading; null when either is missing, a link, a pipe or a device. */
export async function openForReading(path: string): Promise<FileHandle | null> {
  if (!(await isFolder(dirname(path)))) return null;
  // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
  const handle = await openUnlessLink(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (handle === null || (await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}

/**
 * Opens a file for writing; creates it if missing, does not truncate it, refuses a link. Its owner may read and write it; others may
 * read it where they may read its folder, whatever the umask.
 */
export async function openForWriting(path: string): Promise<FileHandle> {
  const handle = await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const shared = (await stat(dirname(path))).mode & 0o044;
  if (shared !== 0) await handle.chmod(0o600 | shared);
  return handle;
}

/** Makes a folder with the rights of the folder that it is in, except that only its owner may write, whatever the umask. */
export async function makeSubfolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  const shared = (await stat(dirname(path))).mode & 0o2055;
  if (shared !== 0) await chmod(path, 0o700 | shared);
}

/** Replaces the contents of a small file and waits until they are on the disk. `isPrivate`: nobody but the owner may read it, whatever the folder. */
export async function writeDurably(path: string, text: string, { isPrivate = false } = {}): Promise<void> {
  await using handle = await openForWriting(path);
  if (isPrivate) await handle.chmod(0o600);
  await handle.truncate(0);
  await handle.writeFile(text);
  await handle.sync();
}

/** Flushes the entries of a folder, so that renames and new files in it survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, O_RDONLY);
  await handle.sync();
}

async function openUnlessLink(path: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(path, flags);
  } catch (error) {
    // ELOOP: the path is a link, which O_NOFOLLOW refuses. ENXIO: it is a socket.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errorCode(error) ?? '')) return null;
    throw error;
  }
}
