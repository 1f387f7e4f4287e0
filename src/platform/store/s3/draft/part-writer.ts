import { MOST_BYTES_IN_FLIGHT, MOST_PARTS, partBytes } from './part-sizes.js';
import { completeUpload } from './complete-upload.js';
import { persist } from '../persist.js';
import { S3Failure } from '../s3-failure.js';
import type { S3Objects } from '../s3-objects.js';
import type { CopySource, S3Part, S3Upload, S3Uploads } from '../s3-uploads.js';
import type { ByteRange } from '../../file-store.js';

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
    private readonly services: { objects: S3Objects; uploads: S3Uploads },
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
    this.#parts.push(await persist(async () => this.services.uploads.copyPart(await this.#begun(), number, source, range), this.#stop.signal));
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
    await completeUpload(this.services, await this.#begun(), this.#parts.sort((one, other) => one.number - other.number));
    await this.#dropOthers().catch(() => undefined);
  }

  /** Stops trying again, and resolves when nothing is on its way, after ten seconds at the latest; the parts that are there stay. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#cancel.abort(), STOP_MS);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  /** Drops the upload with its parts; what the storage does not drop now is dropped when the file is complete, or removed. */
  async abort(): Promise<void> {
    await this.stop();
    const upload = await this.#upload?.catch(() => null);
    if (upload) await this.services.uploads.abort(upload).catch(() => undefined);
  }

  /** Uploads of this file that were begun, but whose answer was lost, or that could not be dropped. */
  async #dropOthers(): Promise<void> {
    const { uploads } = this.services;
    for await (const upload of uploads.list(this.name)) if (upload.name === this.name) await uploads.abort(upload);
  }

  #takeNumber(): number {
    if (this.#nextNumber > MOST_PARTS) throw new Error(`A file of more than ${MOST_PARTS} parts cannot be stored.`);
    this.#nextNumber += 1;
    return this.#nextNumber - 1;
  }

  async #begun(): Promise<S3Upload> {
    this.#upload ??= this.services.uploads.begin(this.name).catch((error: unknown) => {
      this.#upload = null;
      throw error;
    });
    return this.#upload;
  }

  async #put(number: number, bytes: Buffer): Promise<void> {
    this.#parts.push(await persist(async () => this.#send(await this.#begun(), number, bytes), this.#stop.signal));
  }

  /** A storage that has lost sight of an upload for a moment is asked for it. */
  async #send(upload: S3Upload, number: number, bytes: Buffer): Promise<S3Part> {
    const { uploads } = this.services;
    const send = async (): Promise<S3Part> => uploads.putPart(upload, number, bytes, this.#cancel.signal);
    return send().catch(async (error: unknown) => {
      if (error instanceof S3Failure && error.isAbsent && (await uploads.parts(upload)) !== null) return send();
      throw error;
    });
  }

  #throwFault(): void {
    if (this.#fault !== null) throw this.#fault;
  }
}
