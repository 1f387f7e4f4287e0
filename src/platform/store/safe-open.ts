import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';

const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/** `code` of a system error ("ENOENT"), null for any other error. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}

/** What lies at the path itself, a link not followed; null when nothing does. */
export async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** A real folder: a link to one does not count. */
export async function isFolder(path: string): Promise<boolean> {
  return (await lstatOrNull(path))?.isDirectory() ?? false;
}

/** Opens a regular file in a real folder for reading; null when either is missing, a link, a pipe or a device. */
export async function openForReading(path: string): Promise<FileHandle | null> {
  if (!(await isFolder(dirname(path)))) return null;
  // O_NONBLOCK: opening a named pipe would wait for a writer for ever.
  const handle = await openUnlessLink(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (handle === null || (await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}

/** Opens a regular file for writing, made if missing, never emptied; refuses a link. */
export function openForWriting(path: string): Promise<FileHandle> {
  return open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
}

/** Writes a whole small file and waits until it is on the disk. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await using handle = await openForWriting(path);
  await handle.truncate(0);
  await handle.writeFile(text);
  await handle.sync();
}

/** Makes renames and new names inside a folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, O_RDONLY);
  await handle.sync();
}

async function openUnlessLink(path: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(path, flags);
  } catch (error) {
    // ELOOP: O_NOFOLLOW met a link. ENXIO: a socket.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errorCode(error) ?? '')) return null;
    throw error;
  }
}
