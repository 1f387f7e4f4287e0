import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../platform/errors.js';
import type { FileStore } from '../../../platform/store/file-store.js';
import { FetchFailure } from '../../../platform/fetch/fetch-failure.js';
import { redactUrl } from '../../../platform/fetch/redact-url.js';
import { bodyOffset, RetryableFailure, EndedEarly, type FileResponse, UntrustedRange, validatorOf } from './download-response.js';
import { type FileDigest, HALF_AND_HALF, Hasher } from './hasher.js';
import { IdleSignal } from './idle-signal.js';
import { PartialWriter } from './partial-writer.js';
import { backOffMs, DEFAULT_RETRY, notableProgressBytes, type RetryPolicy } from './retry-policy.js';
import { sizeMismatch, verifyDigest } from './verify.js';

/** Requests the file from `offset` on (Range when above 0, If-Range when given). An AppError that it throws is final. */
export type OpenFile = (offset: number, ifRange: string | null, signal: AbortSignal) => Promise<FileResponse>;

export interface DownloadOptions {
  /** Only for messages. */
  url: string;
  open: OpenFile;
  store: Pick<FileStore, 'partialSize' | 'appendPartial' | 'readPartial'>;
  uuid: string;
  /** Bytes. */
  expectedSize: number;
  expectedSha1: string;
  /** Called for every chunk; the number falls when the download starts anew. */
  onProgress?: (bytesDone: number) => void;
  /** Called before attempt `n` (from 2) with the failure of the one before. */
  onAttempt?: (n: number, cause: Error) => void;
  retry?: Partial<RetryPolicy>;
  /** Cancels; the bytes received so far stay in the partial file. */
  signal: AbortSignal;
}

/**
 * Downloads a file into the partial file of `uuid`, and resolves when all of it is there and matches size and sha1. Continues what an
 * earlier process left, resumes after a broken connection, and needs the same memory for any size.
 * Throws FILE_UNREACHABLE with the last cause when the server refuses or every attempt failed; CHECKSUM_MISMATCH for another file than
 * expected, early if the size shows it; errors of the disk unchanged; and the reason of the signal.
 */
export async function downloadFile(options: DownloadOptions): Promise<FileDigest> {
  await using hasher = new Hasher(HALF_AND_HALF);
  try {
    return await new Download(options, hasher).run();
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  }
}

class Download {
  private readonly retry: RetryPolicy;
  private bytesDone = 0;
  private validator: string | null = null;
  private joined = false;
  private resumable = true;
  private attempts = 0;

  constructor(
    private readonly options: DownloadOptions,
    private readonly hasher: Hasher,
  ) {
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
  }

  async run(): Promise<FileDigest> {
    const { expectedSize, expectedSha1 } = this.options;
    await this.takeUpPartial();
    await this.fetchRest();
    let digest = await this.hasher.digest();
    if (digest.sha1 !== expectedSha1.toLowerCase() && this.joined) {
      // Either the pieces are of different files or a crash damaged the partial file: only a download in one piece can tell.
      this.resumable = false;
      this.startAnew();
      await this.fetchRest();
      digest = await this.hasher.digest();
    }
    verifyDigest(digest, { size: expectedSize, sha1: expectedSha1 });
    return digest;
  }

  private async takeUpPartial(): Promise<void> {
    const { store, uuid, expectedSize, signal } = this.options;
    const size = await store.partialSize(uuid);
    if (size === 0 || size > expectedSize) return;
    for await (const chunk of addAbortSignal(signal, await store.readPartial(uuid, size))) {
      await this.hasher.update(chunk as Buffer);
      this.bytesDone += (chunk as Buffer).length;
    }
    this.joined = true;
    this.options.onProgress?.(this.bytesDone);
  }

  private async fetchRest(): Promise<void> {
    const { expectedSize, signal, onAttempt } = this.options;
    let [failures, counted] = [0, this.bytesDone];
    while (this.bytesDone < expectedSize) {
      this.attempts += 1;
      const cause = await this.attempt();
      signal.throwIfAborted();
      if (cause === null || this.bytesDone === expectedSize) return;
      if (this.bytesDone - counted >= notableProgressBytes(expectedSize)) [failures, counted] = [0, this.bytesDone];
      failures += 1;
      if (failures >= this.retry.attempts) throw this.givenUp(cause);
      onAttempt?.(this.attempts + 1, cause);
      await delay(backOffMs(this.retry, failures), undefined, { signal });
    }
  }

  /** Null when the file is complete, else the failure that another attempt may not have; throws every other one. */
  private async attempt(): Promise<RetryableFailure | null> {
    const { url, expectedSize } = this.options;
    using idle = new IdleSignal(this.retry.idleTimeoutMs);
    const signal = AbortSignal.any([this.options.signal, idle.signal]);
    const offset = this.resumable ? this.bytesDone : 0;
    const validator = offset > 0 ? this.validator : null;
    try {
      const answer = await this.ask(offset, validator, signal);
      await this.receive(answer, () => bodyOffset(answer, { url, offset, expectedSize, validator }), idle, signal);
      if (this.bytesDone === expectedSize) return null;
      return new EndedEarly(`the file ended after ${this.bytesDone} of ${expectedSize} bytes`);
    } catch (error) {
      if (error instanceof UntrustedRange) this.resumable = false;
      if (error instanceof RetryableFailure) return error;
      throw error;
    }
  }

  private async ask(offset: number, ifRange: string | null, signal: AbortSignal): Promise<FileResponse> {
    try {
      return await this.options.open(offset, ifRange, signal);
    } catch (error) {
      throw error instanceof AppError ? error : new RetryableFailure(reasonOf(error), { cause: error });
    }
  }

  private async receive(answer: FileResponse, judge: () => number, idle: IdleSignal, signal: AbortSignal): Promise<void> {
    const { body, headers } = answer;
    // A body that is destroyed early may emit an error, which must not end the process.
    body.on('error', () => undefined);
    try {
      const offset = judge();
      if (offset === 0) this.startAnew();
      else this.joined = true;
      this.validator = validatorOf(headers);
      const writer = new PartialWriter(await this.options.store.appendPartial(this.options.uuid, offset));
      try {
        for await (const chunk of chunksOf(body, signal)) {
          idle.alive();
          await this.take(chunk, writer);
        }
      } finally {
        await writer.close();
      }
    } finally {
      body.destroy();
    }
  }

  private async take(chunk: Buffer, writer: PartialWriter): Promise<void> {
    const { url, expectedSize, onProgress } = this.options;
    if (this.bytesDone + chunk.length > expectedSize) {
      throw sizeMismatch(`The file at ${redactUrl(url)} has ${this.bytesDone + chunk.length} bytes or more`, expectedSize);
    }
    const waits = [this.hasher.update(chunk), writer.write(chunk)].filter((wait) => wait !== undefined);
    if (waits.length > 0) await Promise.all(waits);
    this.bytesDone += chunk.length;
    onProgress?.(this.bytesDone);
  }

  private startAnew(): void {
    this.bytesDone = 0;
    this.joined = false;
    this.hasher.reset();
  }

  private givenUp(cause: RetryableFailure): AppError {
    const { url, expectedSize } = this.options;
    if (cause instanceof EndedEarly) return sizeMismatch(`The file at ${redactUrl(url)} has ${this.bytesDone} bytes`, expectedSize);
    const message = `The file at ${redactUrl(url)} could not be fetched in ${this.attempts} attempts; the last one failed: ${cause.message}.`;
    return new AppError('FILE_UNREACHABLE', message, { attempts: this.attempts }, { cause });
  }
}

/** Wraps errors of the network, so that errors of the disk are never taken for them. */
async function* chunksOf(body: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of addAbortSignal(signal, body)) yield chunk as Buffer;
  } catch (error) {
    throw new RetryableFailure(reasonOf(error), { cause: error });
  }
}

/** The reason of a failure. "fetch failed" and "aborted" say little, so it is their cause that counts. */
function reasonOf(error: unknown): string {
  if (error instanceof FetchFailure) return error.reason;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
