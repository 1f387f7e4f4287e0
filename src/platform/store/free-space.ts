import { statfs } from 'node:fs/promises';
import { AppError } from '../errors.js';
import { errorCode } from './safe-open.js';

/** No space, the quota of the user is used up, or the file is larger than the file system or the process may write. */
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether a system error means that the store cannot take the bytes. */
export function isStoreFull(error: unknown): boolean {
  return FULL_CODES.has(errorCode(error) ?? '');
}

/** Bytes that an ordinary user may still write to the file system of a folder. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** IMAGE_SERVER_UNAVAILABLE that says how many bytes are needed and how many are free; null: unknown. */
export function noRoom(root: string, bytesNeeded: number | null, bytesFree: number | null, options?: ErrorOptions): AppError {
  const needed = bytesNeeded === null ? 'more bytes are needed' : `${bytesNeeded} bytes are needed`;
  const free = bytesFree === null ? '' : ` and ${bytesFree} are free`;
  const message = `The image store ${root} is full: ${needed}${free}. Delete images there, or give it more space.`;
  return new AppError('IMAGE_SERVER_UNAVAILABLE', message, { bytesNeeded, bytesFree }, options);
}
