import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { ByteRange } from './file-store.js';

const BUFFER_BYTES = 512 * 1024;
const MAX_FREE_BUFFERS = 16;

/** Buffers that are used again: a new one for each read costs as much as the read itself. */
const freeBuffers: Buffer[] = [];

/** The sink was closed by its other end before it had everything. */
export class SinkClosed extends Error {
  constructor() {
    super('The receiver closed the connection.');
    this.name = 'SinkClosed';
  }
}

/**
 * Copies a range of a file into a sink, reading ahead while the sink takes what was read; closes the handle, leaves the sink
 * open. Throws SinkClosed, or the error of the disk, also when the file ends early.
 */
export async function sendFile(handle: FileHandle, sink: Writable, { start, end }: ByteRange): Promise<void> {
  const closed = Promise.withResolvers<never>();
  const onClose = (): void => closed.reject(new SinkClosed());
  // Nobody may be waiting when it happens.
  closed.promise.catch(() => undefined);
  sink.once('close', onClose);
  const buffers = [freeBuffers.pop() ?? newBuffer(), freeBuffers.pop() ?? newBuffer()] as const;
  const read = async (turn: 0 | 1, at: number): Promise<Buffer> => {
    const { bytesRead } = await handle.read(buffers[turn], 0, Math.min(BUFFER_BYTES, end + 1 - at), at);
    if (bytesRead === 0 && at <= end) throw new Error(`The file ends at ${at}; it should go on to ${end}.`);
    return buffers[turn].subarray(0, bytesRead);
  };
  let ahead: Promise<Buffer> | null = null;
  try {
    if (sink.destroyed) throw new SinkClosed();
    let turn: 0 | 1 = 0;
    let chunk = await read(turn, start);
    for (let at = start + chunk.length; chunk.length > 0; at += chunk.length) {
      turn = turn === 0 ? 1 : 0;
      ahead = at <= end ? read(turn, at) : Promise.resolve(Buffer.alloc(0));
      ahead.catch(() => undefined);
      await Promise.race([flushed(sink, chunk), closed.promise]);
      chunk = await ahead;
    }
    // Only now is it certain that nothing reads or writes them any more.
    if (freeBuffers.length + buffers.length <= MAX_FREE_BUFFERS) freeBuffers.push(...buffers);
  } finally {
    sink.off('close', onClose);
    await handle.close();
  }
}

function newBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(BUFFER_BYTES);
}

async function flushed(sink: Writable, chunk: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => sink.write(chunk, (error) => (error ? reject(error) : resolve())));
}
