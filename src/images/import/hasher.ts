import { Worker } from 'node:worker_threads';

/** What a file turned out to be: size in bytes, checksums in lower-case hexadecimal. */
export interface FileDigest {
  size: number;
  sha1: string;
  sha256: string;
  md5: string;
}

const IN_FLIGHT_LIMIT_BYTES = 4 * 1024 * 1024;
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js', import.meta.url);

/**
 * Computes a file's three checksums in a thread of its own, since they cost several milliseconds per MiB and this
 * thread answers requests. Holds 4 MiB at most: await each `update`. Dispose of it, or the thread stays.
 */
export class Hasher implements AsyncDisposable {
  // execArgv: the flags of a test runner or debugger are not for this thread.
  private readonly worker = new Worker(WORKER, { execArgv: [] });
  private inFlight = 0;
  private room: PromiseWithResolvers<void> | null = null;
  private answer: PromiseWithResolvers<FileDigest> | null = null;
  private failure: Error | null = null;

  constructor() {
    this.worker.on('message', (message: number | FileDigest) => this.onMessage(message));
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))));
    this.worker.on('exit', () => this.fail(new Error('The thread that computes checksums ended.')));
  }

  /** Takes a copy of the bytes; resolves when more may be given. */
  async update(bytes: Uint8Array): Promise<void> {
    if (this.failure) throw this.failure;
    const copy = new Uint8Array(bytes);
    this.inFlight += copy.length;
    this.worker.postMessage(copy, [copy.buffer]);
    if (this.inFlight < IN_FLIGHT_LIMIT_BYTES) return;
    this.room ??= Promise.withResolvers();
    await this.room.promise;
  }

  /** Forgets all bytes given so far. */
  reset(): void {
    this.worker.postMessage('reset');
  }

  /** The digest of all bytes given since the start, the last reset or the last digest. */
  async digest(): Promise<FileDigest> {
    if (this.failure) throw this.failure;
    this.answer = Promise.withResolvers();
    this.worker.postMessage('digest');
    return this.answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }

  private onMessage(message: number | FileDigest): void {
    if (typeof message !== 'number') return this.answer?.resolve(message);
    this.inFlight -= message;
    if (this.inFlight >= IN_FLIGHT_LIMIT_BYTES) return;
    this.room?.resolve();
    this.room = null;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.room?.reject(this.failure);
    this.answer?.reject(this.failure);
  }
}
