import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { BackedUpFile } from './backup-manifest.js';

/** What is told of the bytes that were read. */
export type OnBytes = (bytes: number) => void;

const CHUNK_BYTES = 1024 * 1024;

/** Opens a file for reading by large chunks. */
export function readFileStream(path: string): Readable {
  return createReadStream(path, { highWaterMark: CHUNK_BYTES });
}

/** The hash, by that algorithm, and the size of a stream. */
export async function hashStream(readable: Readable, algorithm: 'sha1' | 'sha256', onBytes: OnBytes): Promise<{ hash: string; size: number }> {
  const hash = createHash(algorithm);
  let size = 0;
  for await (const chunk of readable) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    size += bytes.length;
    onBytes(bytes.length);
  }
  return { hash: hash.digest('hex'), size };
}

export async function hashFile(path: string): Promise<BackedUpFile> {
  const { hash, size } = await hashStream(readFileStream(path), 'sha256', () => undefined);
  return { sha256: hash, size };
}

/**
 * Writes a stream into `<path>.unfinished`, readable by its owner only, waits until it is on the disk, and gives it the name that `name` makes of its hash. Null:
 * the name is not given, and the bytes are dropped.
 */
export async function copyHashed(readable: Readable, draft: string, name: (written: BackedUpFile) => string | null, onBytes: OnBytes): Promise<BackedUpFile> {
  const hash = createHash('sha256');
  let size = 0;
  await rm(draft, { force: true });
  try {
    await using handle = await open(draft, 'wx', 0o600);
    for await (const chunk of readable) {
      const bytes = chunk as Buffer;
      hash.update(bytes);
      await handle.writeFile(bytes);
      size += bytes.length;
      onBytes(bytes.length);
    }
    await handle.sync();
    const written = { sha256: hash.digest('hex'), size };
    const path = name(written);
    if (path !== null) await rename(draft, path);
    return written;
  } finally {
    await rm(draft, { force: true });
  }
}
