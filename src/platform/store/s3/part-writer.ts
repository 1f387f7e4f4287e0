import { setTimeout as delay } from 'node:timers/promises';
import { MOST_BYTES_IN_FLIGHT, MOST_PARTS, partBytes } from './part-sizes.js';
import { S3Failure } from './s3-failure.js';
import type { CopySource, S3Part, S3Upload, S3Uploads } from './s3-uploads.js';
import type { ByteRange } from '../file-store.js';

const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 1000;
const STOP_MS = 10_000;

/**
 * Uploads the parts of one object, several at once. It begins the upload with the first part, and keeps what the first failure was.
 * A failure that may pass (an outage, 503 SlowDown) is tried again for some minutes.
 */
export class PartWriter {
  readonly #parts: S3Part[] = [];
  readonly #running = new Set<Promise<void>>();
  /** Ends the pauses between tries, and then the requests. */
  readonly #stop = new AbortController();
  readonly #cancel = new AbortController();
  #upload: Promise<S3Upload> | null = null;
  #nextNumber = 1;
  #bytesInFlight = 0;
  #fault: unknown = null;

  constructor(
    private readonly uploads: S3Uploads,
    private readonly name: string,
  ) {}

  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Whether no more bytes should be collected before `room` resolves. One part may always be on its way while the next is filled. */
  get isFull(): boolean {
    return this.#bytesInFlight > Math.max(MOST_BYTES_IN_FLIGHT, partBytes(this.#nextNumber));
  }

  /** Null while every part went well. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Sends the next part. `onSent` is called when the bytes are there and their memory may be used again. */
  add(bytes: Buffer, onSent: () => void = () => undefined): void {
    const number = this.#takeNumber();
    this.#bytesInFlight += bytes.length;
    const running = this.#put(number, bytes)
      .then(onSent, (error: unknown) => {
        this.#fault ??= error;
      })
      .finally(() => {
        this.#bytesInFlight -= bytes.length;
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  /** Copies the next part from another object. */
  async copy(source: CopySource, range: ByteRange): Promise<void> {
    const number = this.#takeNumber();
    this.#parts.push(await this.uploads.copyPart(await this.#begun(), number, source, range));
  }

  /** Resolves when there is room for another part. Rejects with the first failure. */
  async room(): Promise<void> {
    while (this.isFull && this.#fault === null) await Promise.race(this.#running);
    this.#throwFault();
  }

  /** Resolves when all parts are there. Rejects with the first failure. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwFault();
  }

  /** Whether there is an upload, with parts or about to have some. */
  get hasBegun(): boolean {
    return this.#upload !== null;
  }

  /** Makes the object of all parts. */
  async complete(): Promise<void> {
    await this.settle();
    await this.uploads.complete(await this.#begun(), this.#parts.sort((one, other) => one.number - other.number));
  }

  /** Stops trying again, and resolves when nothing is on its way, after ten seconds at the latest; the parts that are there stay. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#cancel.abort(), STOP_MS);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  /** Drops the upload with its parts. */
  async abort(): Promise<void> {
    await this.stop();
    const upload = await this.#upload?.catch(() => null);
    if (upload) await this.uploads.abort(upload);
  }

  #takeNumber(): number {
    if (this.#nextNumber > MOST_PARTS) throw new Error(`A file of more than ${MOST_PARTS} parts cannot be stored.`);
    this.#nextNumber += 1;
    return this.#nextNumber - 1;
  }

  async #begun(): Promise<S3Upload> {
    this.#upload ??= this.uploads.begin(this.name).catch((error: unknown) => {
      this.#upload = null;
      throw error;
    });
    return this.#upload;
  }

  async #put(number: number, bytes: Buffer): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        this.#parts.push(await this.uploads.putPart(await this.#begun(), number, bytes, this.#cancel.signal));
        return;
      } catch (error) {
        if (tries === MOST_TRIES || !mayPass(error) || this.#stop.signal.aborted) throw error;
      }
      await delay(FIRST_PAUSE_MS * 2 ** tries, undefined, { signal: this.#stop.signal });
    }
  }

  #throwFault(): void {
    if (this.#fault !== null) throw this.#fault;
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof S3Failure && (error.status === 0 || error.status >= 500 || error.status === 429 || error.reason === 'BadDigest');
}
