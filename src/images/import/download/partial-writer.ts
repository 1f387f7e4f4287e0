import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Written in one go: a call of the system for each piece that arrives costs as much as the copying. */
const BATCH_BYTES = 1024 * 1024;
/** How long a piece waits for others; what a kill may take of a slow download. */
const BATCH_MS = 100;

/** A stream into a partial, written in batches and with back-pressure. Its errors are the disk's and reach whoever writes or closes. */
export class PartialWriter {
  private held = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly stream: Writable) {
    // An 'error' event that nobody listens to ends the process; `errored` keeps it for the next call.
    stream.on('error', () => undefined);
  }

  /** A promise, when no more may be given before it resolves. */
  write(bytes: Buffer): Promise<unknown> | undefined {
    if (this.stream.errored) return Promise.reject(this.stream.errored);
    if (this.timer === null) this.hold();
    const hasRoom = this.stream.write(bytes);
    this.held += bytes.length;
    if (!hasRoom || this.held >= BATCH_BYTES) this.release();
    return hasRoom ? undefined : once(this.stream, 'drain');
  }

  /** When it resolves, all bytes written are in the file and the file is closed. */
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
