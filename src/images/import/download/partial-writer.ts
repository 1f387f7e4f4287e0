import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Bytes of one write: a system call for each chunk would cost as much as copying the bytes. */
const BATCH_BYTES = 1024 * 1024;
/** How long a chunk waits for others; a kill loses at most so much of a slow download. */
const BATCH_MS = 100;

/** Writes a partial file in batches, with back-pressure. Errors of the disk reach the caller of `write` or `close`. */
export class PartialWriter {
  private held = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly stream: Writable) {
    // Without a listener, an 'error' event ends the process; the next call reads `errored` instead.
    stream.on('error', () => undefined);
  }

  /** Returns a promise when the stream is full: the next call must wait for it. */
  write(bytes: Buffer): Promise<unknown> | undefined {
    if (this.stream.errored) return Promise.reject(this.stream.errored);
    if (this.timer === null) this.hold();
    const hasRoom = this.stream.write(bytes);
    this.held += bytes.length;
    if (!hasRoom || this.held >= BATCH_BYTES) this.release();
    return hasRoom ? undefined : once(this.stream, 'drain');
  }

  /** Resolves when all bytes are in the file and the file is closed. */
  async close(): Promise<void> {
    this.release();
    this.stream.end();
    await finished(this.stream);
  }

  private hold(): void {
    this.stream.cork();
    this.timer = setTimeout(() => this.release(), BATCH_MS);
  }

  private release(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.held = 0;
    this.stream.uncork();
  }
}
