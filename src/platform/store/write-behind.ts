import { fdatasyncSync, writevSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { callbackify } from 'node:util';

// What arrives while one write goes on is written by the next one in one go.
const BUFFER_BYTES = 8 * 1024 * 1024;
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

export interface WriteMode {
  /** In place, on a thread that has nothing else to do, instead of by the few threads that all the process shares. */
  synchronous: boolean;
  /** Whether the disk takes up what is written while more arrives; that keeps a shared thread waiting again and again. */
  syncEarly: boolean;
}

/**
 * Writes to a file from `start` on. The wait for the disk at the end is short: it was asked early, or is waited for here, on
 * the thread of the writer. A failure of the disk ends the stream: whoever asks the disk later would not be told again. The
 * handle is closed with the stream.
 */
export function writeBehind(handle: FileHandle, start: number, writing: WriteMode): Writable {
  let [position, unsynced] = [start, 0];
  let syncing: Promise<void> | null = null;
  const syncNow = async (): Promise<void> => {
    try {
      await handle.datasync();
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    syncing = null;
  };
  const beginSync = (): void => {
    if (!writing.syncEarly || syncing !== null || unsynced < SYNC_EVERY_BYTES) return;
    unsynced = 0;
    syncing = syncNow();
  };
  const write = async (chunks: readonly Buffer[]): Promise<void> => {
    let rest = chunks;
    while (rest.length > 0) {
      const bytesWritten = writing.synchronous ? writevSync(handle.fd, rest, position) : (await handle.writev([...rest], position)).bytesWritten;
      position += bytesWritten;
      unsynced += bytesWritten;
      rest = withoutFirst(rest, bytesWritten);
    }
    beginSync();
  };
  const end = async (): Promise<void> => {
    await syncing;
    if (writing.synchronous) fdatasyncSync(handle.fd);
  };
  const [taking, ending, closing] = [callbackify(write), callbackify(end), callbackify(async () => closeAfterSync(handle, syncing))];
  const stream = new Writable({
    highWaterMark: BUFFER_BYTES,
    write: (chunk: Buffer, _encoding, callback) => taking([chunk], callback),
    writev: (chunks, callback) => taking(chunks.map(({ chunk }) => chunk as Buffer), callback),
    final: (callback) => ending((error) => callback(error)),
    destroy: (error, callback) => closing((fault) => callback(fault ?? error)),
  });
  return stream;
}

async function closeAfterSync(handle: FileHandle, syncing: Promise<void> | null): Promise<void> {
  await syncing;
  await handle.close();
}

/** A disk may take a part of what it is given. */
function withoutFirst(chunks: readonly Buffer[], bytes: number): readonly Buffer[] {
  let left = bytes;
  for (const [at, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(at + 1)];
    left -= chunk.length;
  }
  return [];
}
