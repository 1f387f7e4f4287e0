import { once } from 'node:events';
import { rename, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FileDraft } from '../file-store.js';
import { openForReading, openForWriting, syncFolder, writeDurably } from '../safe-open.js';
import { ensureSubfolder } from './ensure-subfolder.js';
import type { DraftPaths } from './store-layout.js';
import { type WriteMode, writeBehind } from './write-behind.js';

/** Bytes of one write: a system call for each chunk would cost as much as copying the bytes. */
const BATCH_BYTES = 1024 * 1024;
/** How long a chunk waits for others; a kill loses at most so much of a slow download. */
const BATCH_MS = 100;
const READ_BUFFER_BYTES = 256 * 1024;

export interface LocalDraftOptions {
  mode: WriteMode;
  /** Throws STORE_MISMATCH when the store is not there any more: its open files could still be written. */
  demandStore: () => Promise<void>;
}

/** The file of an attempt, or of a pair, in a local folder. Chunks are written in batches. */
export class LocalFileDraft implements FileDraft {
  #stream: Writable;
  #size: number;
  #held = 0;
  #timer: NodeJS.Timeout | null = null;
  #isOpen = true;

  private constructor(
    private readonly paths: DraftPaths,
    private readonly options: LocalDraftOptions,
    { stream, size }: { stream: Writable; size: number },
  ) {
    this.#stream = stream;
    this.#size = size;
  }

  /** Opens the unfinished file, and goes on at its end; its folder must be there. */
  static async open(paths: DraftPaths, options: LocalDraftOptions): Promise<LocalFileDraft> {
    return new LocalFileDraft(paths, options, await openStream(paths.unfinished, options.mode, null));
  }

  get size(): number {
    return this.#size;
  }

  async readWritten(): Promise<Readable> {
    await this.flush();
    const handle = await openForReading(this.paths.unfinished);
    if (handle === null) throw new Error(`The unfinished file ${this.paths.unfinished} is gone.`);
    if (this.#size > 0) return handle.createReadStream({ start: 0, end: this.#size - 1, highWaterMark: READ_BUFFER_BYTES });
    await handle.close();
    return Readable.from([]);
  }

  async restart(): Promise<void> {
    if (this.#size === 0) return;
    await this.options.demandStore();
    await this.#end();
    const { stream } = await openStream(this.paths.unfinished, this.options.mode, 0);
    this.#stream = stream;
    this.#size = 0;
    this.#isOpen = true;
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#stream.errored) return Promise.reject(this.#stream.errored);
    if (this.#timer === null) this.#hold();
    const hasRoom = this.#stream.write(chunk);
    this.#size += chunk.length;
    this.#held += chunk.length;
    if (!hasRoom || this.#held >= BATCH_BYTES) this.#release();
    return hasRoom ? undefined : once(this.#stream, 'drain').then(() => undefined);
  }

  async flush(): Promise<void> {
    this.#release();
    const stream = this.#stream;
    if (stream.errored) throw stream.errored;
    await new Promise<void>((resolve, reject) => stream.write(Buffer.alloc(0), (error) => (error ? reject(stream.errored ?? error) : resolve())));
  }

  async seal(manifest?: string): Promise<void> {
    const { folder, unfinished, sealedFolder, sealed } = this.paths;
    await this.#end();
    await this.options.demandStore();
    await syncFile(unfinished);
    if (sealedFolder !== folder) await ensureSubfolder(sealedFolder);
    if (manifest !== undefined) await writeDurably(this.paths.manifest, manifest);
    await rename(unfinished, sealed);
    await syncFolder(sealedFolder);
    await syncFolder(dirname(sealedFolder));
    if (sealedFolder !== folder) await rmdir(folder);
    // The folder of an attempt is in that of its image, which may be new.
    else await syncFolder(dirname(dirname(sealedFolder)));
  }

  async close(): Promise<void> {
    // What a disk refused was told by `write`, `flush` or `seal`.
    if (this.#isOpen) await this.#end().catch(() => undefined);
  }

  async #end(): Promise<void> {
    this.#isOpen = false;
    this.#release();
    this.#stream.end();
    await finished(this.#stream);
  }

  #hold(): void {
    this.#stream.cork();
    this.#timer = setTimeout(() => this.#release(), BATCH_MS);
  }

  #release(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = 0;
    this.#stream.uncork();
  }
}

/** A stream that appends to a file, cut to `length` bytes before unless that is null. */
async function openStream(path: string, mode: WriteMode, length: number | null): Promise<{ stream: Writable; size: number }> {
  const handle = await openForWriting(path);
  try {
    if (length !== null) await handle.truncate(length);
    const { size } = await handle.stat();
    const stream = writeBehind(handle, size, mode);
    // Without a listener, an 'error' event ends the process; the next call reads `errored` instead.
    stream.on('error', () => undefined);
    return { stream, size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function syncFile(path: string): Promise<void> {
  await using handle = await openForReading(path);
  if (handle === null) throw new Error(`The unfinished file ${path} is gone.`);
  await handle.sync();
}
