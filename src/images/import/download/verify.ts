import { addAbortSignal, type Readable } from 'node:stream';
import { AppError } from '../../../platform/errors.js';
import { Hasher, type FileDigest } from './hasher.js';

export interface ExpectedFile {
  /** Bytes. */
  size: number;
  /** Hexadecimal, in either case. */
  sha1: string;
}

/** Throws CHECKSUM_MISMATCH with both values unless the file has the size and checksum of its manifest. */
export function verifyDigest(digest: FileDigest, expected: ExpectedFile): void {
  if (digest.size !== expected.size) throw sizeMismatch(`The file has ${digest.size} bytes`, expected.size);
  if (digest.sha1 === expected.sha1.toLowerCase()) return;
  const message = `The file's sha1 is ${digest.sha1}, the manifest says ${expected.sha1}.`;
  throw new AppError('CHECKSUM_MISMATCH', message, { expected: expected.sha1, actual: digest.sha1 });
}

/** `finding` begins the message, as "The file has 3 bytes". */
export function sizeMismatch(finding: string, expectedSize: number): AppError {
  return new AppError('CHECKSUM_MISMATCH', `${finding}, the manifest says ${expectedSize}.`, { expectedSize });
}

/** Hashes a stream in constant memory. An abort destroys the stream and rejects with the reason of the signal. */
export async function digestStream(
  readable: Readable,
  options: { onProgress?: (bytesDone: number) => void; signal?: AbortSignal } = {},
): Promise<FileDigest> {
  const { onProgress, signal } = options;
  if (signal) addAbortSignal(signal, readable);
  await using hasher = new Hasher();
  let bytesDone = 0;
  try {
    for await (const chunk of readable) {
      const bytes = chunk as Buffer;
      await hasher.update(bytes);
      bytesDone += bytes.length;
      onProgress?.(bytesDone);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  // Without await, the hasher would be disposed of before its threads respond.
  return await hasher.digest();
}
