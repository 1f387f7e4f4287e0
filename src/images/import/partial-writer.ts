import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** A stream into a partial, written with back-pressure. Its errors are the disk's and reach whoever writes or closes. */
export class PartialWriter {
  constructor(private readonly stream: Writable) {
    // An 'error' event that nobody listens to ends the process; `errored` keeps it for the next call.
    stream.on('error', () => undefined);
  }

  /** A promise, when no more may be given before it resolves. */
  write(bytes: Buffer): Promise<unknown> | undefined {
    if (this.stream.errored) return Promise.reject(this.stream.errored);
    return this.stream.write(bytes) ? undefined : once(this.stream, 'drain');
  }

  /** When it resolves, all bytes written are in the file and the file is closed. */
  async close(): Promise<void> {
    this.stream.end();
    await finished(this.stream);
  }
}
