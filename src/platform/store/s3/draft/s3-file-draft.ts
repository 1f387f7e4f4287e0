import { Readable } from 'node:stream';
import type { FileKey } from '../../file-key.js';
import type { FileDraft } from '../../file-store.js';
import { type EarlierFile, findEarlierFile, removeEarlierFile, type S3Services } from './earlier-attempt.js';
import { COPIED_PART_BYTES, FIRST_PART_BYTES, partBytes } from './part-sizes.js';
import { PartWriter } from './part-writer.js';
import { persist } from '../persist.js';
import { readObject } from '../read-object.js';
import { S3Failure } from '../s3-failure.js';

const PRECONDITION_FAILED = 412;
const COPIES_AT_ONCE = 4;

/**
 * The file of an attempt or a pair, as an upload in parts: one part is being filled, and some are on their way. A small file is written at once
 * when it is sealed. Nobody sees an object before that.
 */
export class S3FileDraft implements FileDraft {
  #writer: PartWriter;
  #part: Buffer | null = null;
  #filled = 0;
  #size = 0;
  #earlier: EarlierFile | null = null;
  #isSealed = false;
  readonly #name: string;
  readonly #freeParts: Buffer[] = [];

  private constructor(
    private readonly services: S3Services,
    private readonly key: FileKey,
  ) {
    this.#name = services.keys.object(key, 'file');
    this.#writer = this.#newWriter();
  }

  /** Begins the file of an attempt with what an earlier one of the same task left; that of a pair, where nobody may see half a file, from its start. */
  static async open(services: S3Services, { uuid, attempt }: FileKey): Promise<S3FileDraft> {
    const draft = new S3FileDraft(services, { uuid, attempt });
    const earlier = attempt === null ? null : await persist(async () => findEarlierFile(services, { uuid, attempt }));
    if (earlier !== null) await draft.#takeOver(earlier);
    return draft;
  }

  get size(): number {
    return this.#size;
  }

  async readWritten(): Promise<Readable> {
    if (this.#size === 0) return Readable.from([]);
    const earlier = this.#earlier;
    if (earlier === null || earlier.size !== this.#size) throw new Error('What is written to an object storage can be read before the first write only.');
    return Readable.from(this.#readEarlier(earlier), { objectMode: false });
  }

  async restart(): Promise<void> {
    await this.#writer.abort();
    this.#writer = this.#newWriter();
    [this.#filled, this.#size] = [0, 0];
    await this.#removeEarlier();
  }

  write(chunk: Buffer): Promise<void> | undefined {
    const { fault } = this.#writer;
    if (fault !== null) return Promise.reject(fault as Error);
    this.#fill(chunk);
    return this.#writer.isFull ? this.#writer.room() : undefined;
  }

  async flush(): Promise<void> {
    await this.#writer.settle();
  }

  async seal(manifest?: string): Promise<void> {
    const { objects, keys } = this.services;
    await this.#writer.settle();
    if (manifest !== undefined) await persist(async () => objects.put(keys.object(this.key, 'manifest'), manifest));
    if (this.#writer.hasBegun) {
      this.#sendPart();
      await this.#writer.complete();
    } else {
      await persist(async () => objects.put(this.#name, this.#part?.subarray(0, this.#filled) ?? Buffer.alloc(0)));
    }
    await persist(async () => this.#demandStored());
    this.#isSealed = true;
    await this.#removeEarlier();
  }

  async close(): Promise<void> {
    if (this.#isSealed) return;
    // The end of what was written becomes the last part, so that a later attempt has all of it.
    if (this.#writer.fault === null) this.#sendPart();
    await this.#writer.stop();
  }

  async #demandStored(): Promise<void> {
    const { objects } = this.services;
    const stored = await objects.head(this.#name);
    if (stored?.size !== this.#size) throw new S3Failure(objects.bucket.location, new Error(`an object of ${this.#size} bytes was written, and it has ${stored?.size ?? 'none'}`));
  }

  #newWriter(): PartWriter {
    return new PartWriter(this.services, this.#name);
  }

  /** The caller may use the memory of the chunk again. */
  #fill(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      this.#part ??= this.#freePart();
      const copied = chunk.copy(this.#part, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#part.length) this.#sendPart();
    }
    this.#size += chunk.length;
  }

  #freePart(): Buffer {
    const bytes = partBytes(this.#writer.nextNumber);
    const free = this.#freeParts.pop();
    return free?.length === bytes ? free : Buffer.allocUnsafeSlow(bytes);
  }

  #sendPart(): void {
    const part = this.#part;
    if (part === null || this.#filled === 0) return;
    this.#writer.add(part.subarray(0, this.#filled), () => void this.#freeParts.push(part));
    [this.#part, this.#filled] = [null, 0];
  }

  /** Copies within the storage; the end, which is too short for a part, passes through memory. */
  async #takeOver(earlier: EarlierFile): Promise<void> {
    this.#earlier = earlier;
    const start = await this.#copy(earlier);
    if (start === null) return this.restart();
    this.#size = start;
    for await (const chunk of readObject(this.services.objects, { ...earlier, range: { start, end: earlier.size - 1 } })) {
      const wait = this.write(chunk);
      if (wait !== undefined) await wait;
    }
    if (!(await this.#isUnchanged(earlier))) await this.restart();
  }

  /** How many bytes were copied; null when the object is another one now. A server that cannot copy a part copies none. */
  async #copy(earlier: EarlierFile): Promise<number | null> {
    const rest = earlier.size % COPIED_PART_BYTES;
    const copied = rest < FIRST_PART_BYTES ? earlier.size - rest : earlier.size;
    try {
      const starts = Array.from({ length: Math.ceil(copied / COPIED_PART_BYTES) }, (_, at) => at * COPIED_PART_BYTES);
      for (let at = 0; at < starts.length; at += COPIES_AT_ONCE) {
        const copies = starts.slice(at, at + COPIES_AT_ONCE).map(async (start) => this.#writer.copy(earlier, { start, end: Math.min(start + COPIED_PART_BYTES, copied) - 1 }));
        await Promise.all(copies);
      }
      return copied;
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      if (error.isAbsent || error.status === PRECONDITION_FAILED) return null;
      if (!error.isUnknownRequest) throw error;
      await this.#writer.abort();
      this.#writer = this.#newWriter();
      return 0;
    }
  }

  /** Some servers copy without a look at the etag, and the earlier attempt may have begun anew, and completed, meanwhile. */
  async #isUnchanged({ name, etag, modifiedAt }: EarlierFile): Promise<boolean> {
    const now = await this.services.objects.head(name);
    return now !== null && now.etag === etag && now.modifiedAt.getTime() === modifiedAt.getTime();
  }

  async *#readEarlier(earlier: EarlierFile): AsyncGenerator<Buffer> {
    yield* readObject(this.services.objects, { ...earlier, range: { start: 0, end: earlier.size - 1 } });
  }

  /** What the storage refuses to remove now, a sweep removes once the task has ended. */
  async #removeEarlier(): Promise<void> {
    const earlier = this.#earlier;
    this.#earlier = null;
    if (earlier !== null && earlier.name !== this.#name) await removeEarlierFile(this.services, earlier).catch(() => undefined);
  }
}
