import { fdatasyncSync, writevSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { callbackify } from 'node:util';

// Chunks that arrive during a write are collected up to this size and written together by the next one.
const BUFFER_BYTES = 8 * 1024 * 1024;
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

/** How a file is written, which depends on the thread that writes it. */
export interface WriteMode {
  /** Blocks the calling thread, for one that has nothing else to do, instead of using libuv's small thread pool. */
  synchronous: boolean;
  /** Flushes to the disk while more data arrives. Each flush keeps one thread of the pool waiting. */
  syncEarly: boolean;
}

/**
 * Returns a stream that writes to a file from `start` on and closes the handle when it ends. Flushing at the end is short, since most
 * of the data was flushed before (`syncEarly`), or runs on the writer's own thread (`synchronous`). A failed flush destroys the
 * stream at once, because the operating system reports it only once and a later flush would succeed.
 */
export function writeBehind(handle: FileHandle, start: number, mode: WriteMode): Writable {
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
    if (!mode.syncEarly || syncing !== null || unsynced < SYNC_EVERY_BYTES) return;
    unsynced = 0;
    syncing = syncNow();
  };
  const write = async (chunks: readonly Buffer[]): Promise<void> => {
    let rest = chunks;
    while (rest.length > 0) {
      const bytesWritten = mode.synchronous ? writevSync(handle.fd, rest, position) : (await handle.writev([...rest], position)).bytesWritten;
      position += bytesWritten;
      unsynced += bytesWritten;
      rest = dropWritten(rest, bytesWritten);
    }
    beginSync();
  };
  const end = async (): Promise<void> => {
    await syncing;
    if (mode.synchronous) fdatasyncSync(handle.fd);
  };
  const [onWrite, onFinal, onDestroy] = [callbackify(write), callbackify(end), callbackify(async () => closeAfterSync(handle, syncing))];
  const stream = new Writable({
    highWaterMark: BUFFER_BYTES,
    write: (chunk: Buffer, _encoding, callback) => onWrite([chunk], callback),
    writev: (chunks, callback) => onWrite(chunks.map(({ chunk }) => chunk as Buffer), callback),
    final: (callback) => onFinal((error) => callback(error)),
    destroy: (error, callback) => onDestroy((fault) => callback(fault ?? error)),
  });
  return stream;
}

async function closeAfterSync(handle: FileHandle, syncing: Promise<void> | null): Promise<void> {
  await syncing;
  await handle.close();
}

/** The chunks that remain after a write of only some bytes. */
function dropWritten(chunks: readonly Buffer[], bytes: number): readonly Buffer[] {
  let left = bytes;
  for (const [at, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(at + 1)];
    left -= chunk.length;
  }
  return [];
}
