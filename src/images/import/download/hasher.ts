import { createHash, type Hash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** The size of a file in bytes, and its checksums in lower-case hexadecimal. */
export interface FileDigest {
  size: number;
  sha1: string;
  sha256: string;
  md5: string;
}

type Checksums = Partial<Omit<FileDigest, 'size'>>;

const BLOCK_BYTES = 512 * 1024;
const BLOCKS = 16;

/** Which checksums the calling thread computes, and which each worker thread does. */
export interface HashWork {
  here: readonly string[];
  threads: readonly (readonly string[])[];
}

/** For a thread that serves requests: it computes none. MD5 takes as long as the two others together. */
const ALL_IN_THREADS: HashWork = { here: [], threads: [['md5'], ['sha1', 'sha256']] };

/** For a thread that only receives the bytes: it does half of the work. */
export const HALF_AND_HALF: HashWork = { here: ['sha256'], threads: [['md5', 'sha1']] };

const WORKER = new URL(import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js', import.meta.url);

/**
 * Computes the three checksums of a file in worker threads, as they take several milliseconds per MiB. A file smaller than one block is
 * hashed here instead: that takes less than starting a thread. Buffers 8 MiB: await each `update` that returns a promise. Dispose of it,
 * or the threads stay.
 */
export class Hasher implements AsyncDisposable {
  /** One block until the threads start, which share all of them. */
  private blocks: Uint8Array[] = [new Uint8Array(BLOCK_BYTES)];
  /** How many threads still read each block. */
  private readonly readers = new Uint8Array(BLOCKS);
  /** Started with the first full block. */
  private workers: Worker[] = [];
  private hashes: Hash[];
  private block = 0;
  private filled = 0;
  private size = 0;
  private room: PromiseWithResolvers<void> | null = null;
  private answer: PromiseWithResolvers<FileDigest> | null = null;
  private answers: Checksums[] = [];
  private failure: Error | null = null;

  constructor(private readonly work: HashWork = ALL_IN_THREADS) {
    this.hashes = newHashes(work);
  }

  /** Copies the bytes. Returns a promise when the buffer is full: the next call must wait for it. */
  update(bytes: Uint8Array): Promise<void> | undefined {
    if (this.failure) return Promise.reject(this.failure);
    for (const hash of this.hashes) hash.update(bytes);
    return this.share(bytes);
  }

  private share(bytes: Uint8Array): Promise<void> | undefined {
    let rest = bytes;
    while (rest.length > 0) {
      if ((this.readers[this.block] ?? 0) > 0) return this.shareLater(rest);
      const part = rest.subarray(0, BLOCK_BYTES - this.filled);
      this.blocks[this.block]?.set(part, this.filled);
      this.filled += part.length;
      this.size += part.length;
      if (this.filled === BLOCK_BYTES) this.send();
      rest = rest.subarray(part.length);
    }
    return undefined;
  }

  private async shareLater(bytes: Uint8Array): Promise<void> {
    this.room ??= Promise.withResolvers();
    await this.room.promise;
    await this.share(bytes);
  }

  /** Starts anew, without the bytes given so far. */
  reset(): void {
    this.filled = 0;
    this.size = 0;
    this.hashes = newHashes(this.work);
    for (const worker of this.workers) worker.postMessage('reset');
  }

  /** The digest of all bytes given since the start, the last reset or the last digest. */
  async digest(): Promise<FileDigest> {
    if (this.failure) throw this.failure;
    if (this.workers.length === 0) return this.digestHere();
    if (this.filled > 0) this.send();
    this.answer = Promise.withResolvers();
    this.answers = [Object.fromEntries(this.hashes.map((hash, at) => [this.work.here[at], hash.digest('hex')]))];
    this.hashes = newHashes(this.work);
    for (const worker of this.workers) worker.postMessage('digest');
    const digest = await this.answer.promise;
    this.size = 0;
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map(async (worker) => worker.terminate()));
  }

  /** Of a file that fits into the first block. */
  private digestHere(): FileDigest {
    const bytes = this.blocks[0]?.subarray(0, this.filled) ?? new Uint8Array();
    const [sha1, sha256, md5] = ['sha1', 'sha256', 'md5'].map((algorithm) => createHash(algorithm).update(bytes).digest('hex'));
    this.reset();
    return { size: bytes.length, sha1: sha1 ?? '', sha256: sha256 ?? '', md5: md5 ?? '' };
  }

  private startThreads(): void {
    const memory = new SharedArrayBuffer(BLOCK_BYTES * BLOCKS);
    const [first] = this.blocks;
    this.blocks = Array.from({ length: BLOCKS }, (_, at) => new Uint8Array(memory, at * BLOCK_BYTES, BLOCK_BYTES));
    if (first !== undefined) this.blocks[0]?.set(first);
    // execArgv: the flags of a test runner or debugger are not for these threads.
    const start = (algorithms: readonly string[]): Worker => new Worker(WORKER, { execArgv: [], workerData: { algorithms, memory, blockSize: BLOCK_BYTES } });
    this.workers = this.work.threads.map(start);
    for (const worker of this.workers) {
      worker.on('message', (message: number | Checksums) => this.onMessage(message));
      worker.on('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', () => this.fail(new Error('A thread that computes checksums ended.')));
    }
  }

  private send(): void {
    if (this.workers.length === 0) this.startThreads();
    this.readers[this.block] = this.workers.length;
    for (const worker of this.workers) worker.postMessage({ block: this.block, length: this.filled });
    this.block = (this.block + 1) % BLOCKS;
    this.filled = 0;
  }

  private onMessage(message: number | Checksums): void {
    if (typeof message === 'number') {
      this.readers[message] = (this.readers[message] ?? 0) - 1;
      if (message !== this.block || this.readers[message] !== 0) return;
      this.room?.resolve();
      this.room = null;
      return;
    }
    this.answers.push(message);
    if (this.answers.length <= this.workers.length) return;
    const { sha1 = '', sha256 = '', md5 = '' } = Object.assign({}, ...this.answers) as Checksums;
    this.answer?.resolve({ size: this.size, sha1, sha256, md5 });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.room?.reject(this.failure);
    this.answer?.reject(this.failure);
  }
}

function newHashes({ here }: HashWork): Hash[] {
  return here.map((algorithm) => createHash(algorithm));
}
