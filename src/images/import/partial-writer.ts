import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** A stream into a partial, written with back-pressure. Its errors are the disk's and reach whoever writes or closes. */
export class PartialWriter {
  constructor(private readonly stream: Writable) {
    // An 'error' event that nobody listens to ends the process; `errored` keeps it for the next call.
    stream.on('error', () => undefined);
  }

  async write(bytes: Buffer): Promise<void> {
    if (this.stream.errored) throw this.stream.errored;
    if (!this.stream.write(bytes)) await once(this.stream, 'drain');
  }

  /** When it resolves, all bytes written are in the file and the file is closed. */
  async close(): Promise<void> {
    this.stream.end();
    await finished(this.stream);
  }
}
