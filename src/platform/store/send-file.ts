import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { ByteRange } from './file-store.js';

const BUFFER_BYTES = 512 * 1024;
const MAX_FREE_BUFFERS = 16;

/** Pool of buffers for reuse: allocating one costs as much as the read itself. */
const freeBuffers: Buffer[] = [];

/** The receiver closed the sink before it had the whole range. */
export class SinkClosed extends Error {
  constructor() {
    super('The receiver closed the connection.');
    this.name = 'SinkClosed';
  }
}

/**
 * Waits for the steps of a transfer while the receiver is there. A `Promise.race` against one promise that lives as long as the transfer would
 * keep the outcome of every step, and so all bytes that were sent.
 */
export class Receiver {
  readonly #cancel = new AbortController();
  #fail: (error: SinkClosed) => void = () => undefined;
  readonly #onClose = (): void => {
    this.#fail(new SinkClosed());
    this.#cancel.abort();
  };

  /** Throws SinkClosed when it has disconnected already. */
  constructor(readonly sink: Writable) {
    if (sink.destroyed) throw new SinkClosed();
    sink.once('close', this.#onClose);
  }

  /** Aborted when the receiver disconnects, and at the end of the transfer. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** The outcome of one step; rejects with SinkClosed when the receiver disconnects before. */
  async wait<T>(step: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#fail = reject;
      step.then(resolve, reject);
      if (this.#cancel.signal.aborted) reject(new SinkClosed());
    });
  }

  end(): void {
    this.sink.off('close', this.#onClose);
    this.#cancel.abort();
  }
}

/**
 * Copies a range of a file into a sink and reads the next chunk while the sink takes the last one. Closes the handle but not the
 * sink. Throws SinkClosed when the receiver disconnects, and an error when a read fails or the file is too short.
 */
export async function sendFile(handle: FileHandle, sink: Writable, { start, end }: ByteRange): Promise<void> {
  const buffers = [freeBuffers.pop() ?? newBuffer(), freeBuffers.pop() ?? newBuffer()] as const;
  const read = async (turn: 0 | 1, at: number): Promise<Buffer> => {
    const { bytesRead } = await handle.read(buffers[turn], 0, Math.min(BUFFER_BYTES, end + 1 - at), at);
    if (bytesRead === 0 && at <= end) throw new Error(`The file ends at ${at}; it should go on to ${end}.`);
    return buffers[turn].subarray(0, bytesRead);
  };
  let nextRead: Promise<Buffer> | null = null;
  let receiver: Receiver | null = null;
  try {
    receiver = new Receiver(sink);
    let turn: 0 | 1 = 0;
    let chunk = await read(turn, start);
    for (let at = start + chunk.length; chunk.length > 0; at += chunk.length) {
      turn = turn === 0 ? 1 : 0;
      nextRead = at <= end ? read(turn, at) : Promise.resolve(Buffer.alloc(0));
      nextRead.catch(() => undefined);
      await receiver.wait(writeChunk(sink, chunk));
      chunk = await nextRead;
    }
    // Return the buffers only after success: after a failure, a read or write may still be using them.
    if (freeBuffers.length + buffers.length <= MAX_FREE_BUFFERS) freeBuffers.push(...buffers);
  } finally {
    receiver?.end();
    await handle.close();
  }
}

function newBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(BUFFER_BYTES);
}

async function writeChunk(sink: Writable, chunk: Buffer): Promise<void> {
  // What was on its way when the receiver disconnected fails before the sink tells of it.
  await new Promise<void>((resolve, reject) => sink.write(chunk, (error) => (error ? reject(new SinkClosed()) : resolve())));
}
