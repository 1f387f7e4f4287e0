import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
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

/** Opens a file for writing; creates it if missing, does not truncate it, refuses a link. */
export function openForWriting(path: string, mode = 0o644): Promise<FileHandle> {
  return open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
}

/** Replaces the contents of a small file and waits until they are on the disk. */
export async function writeDurably(path: string, text: string, mode?: number): Promise<void> {
  await using handle = await openForWriting(path, mode);
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
