import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../platform/errors.js';
import type { FileDraft } from '../../../platform/store/file-store.js';
import { FetchFailure, reasonOf as reasonOfConnection } from '../../../platform/fetch/fetch-failure.js';
import { redactUrl } from '../../../platform/fetch/redact-url.js';
import type { DownloadWait } from './download-request.js';
import { bodyOffset, RetryableFailure, EndedEarly, type FileResponse, isLasting, UntrustedRange, validatorOf } from './download-response.js';
import { type FileDigest, HALF_AND_HALF, Hasher } from './hasher.js';
import { RateGuard } from './rate-guard.js';
import { type Clock, DEFAULT_RETRY, notableProgressBytes, Outage, retryAfterMs, type RetryPolicy, SYSTEM_CLOCK } from './retry-policy.js';
import { sizeMismatch, verifyDigest } from './verify.js';

/** Requests the file from `offset` on (Range when above 0, If-Range when given). An AppError that it throws is final. */
export type OpenFile = (offset: number, ifRange: string | null, signal: AbortSignal) => Promise<FileResponse>;

export interface DownloadOptions {
  /** Only for messages. */
  url: string;
  open: OpenFile;
  /** What is written; it is neither sealed nor closed. */
  draft: Pick<FileDraft, 'size' | 'readWritten' | 'restart' | 'write' | 'flush'>;
  /** Bytes. */
  expectedSize: number;
  expectedSha1: string;
  /** Called for every chunk; the number falls when the download starts anew. */
  onProgress?: (bytesDone: number) => void;
  /** Waits before another attempt; by default for the time that it is told. */
  wait?: (waiting: DownloadWait) => Promise<void>;
  retry?: Partial<RetryPolicy>;
  clock?: Clock;
  /** Cancels; the bytes received so far stay in the draft. */
  signal: AbortSignal;
}

/** Attempts in a row that end early without an error and without a byte more: then the file is shorter than its manifest says. */
const MOST_EARLY_ENDS = 3;
/** Ranges that do not continue what is here, after which every attempt asks for the whole file. */
const MOST_UNTRUSTED_RANGES = 3;

/**
 * Downloads a file into a draft, and resolves when all of it is there and matches size and sha1. Continues what an
 * earlier attempt left, resumes after a broken connection and after an outage of the source, and needs the same memory for any size.
 * Throws FILE_UNREACHABLE with the last cause when the server refuses or is out for too long; CHECKSUM_MISMATCH for another file than
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
  private inOnePiece = false;
  private attempts = 0;
  private untrustedRanges = 0;
  private readonly clock: Clock;
  private readonly outage: Outage;

  constructor(
    private readonly options: DownloadOptions,
    private readonly hasher: Hasher,
  ) {
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.outage = new Outage(this.retry, this.clock);
  }

  async run(): Promise<FileDigest> {
    const { expectedSize, expectedSha1 } = this.options;
    await this.takeUpDraft();
    await this.fetchRest();
    let digest = await this.hasher.digest();
    if (digest.sha1 !== expectedSha1.toLowerCase() && this.joined) {
      // Either the pieces are of different files or a crash damaged the draft: only a download in one piece can tell.
      this.resumable = false;
      this.inOnePiece = true;
      this.startAnew();
      await this.fetchRest();
      digest = await this.hasher.digest();
    }
    verifyDigest(digest, { size: expectedSize, sha1: expectedSha1 });
    return digest;
  }

  private async takeUpDraft(): Promise<void> {
    const { draft, expectedSize, signal } = this.options;
    if (draft.size === 0 || draft.size > expectedSize) return;
    for await (const chunk of addAbortSignal(signal, await draft.readWritten())) {
      await this.hasher.update(chunk as Buffer);
      this.bytesDone += (chunk as Buffer).length;
    }
    this.joined = true;
    this.options.onProgress?.(this.bytesDone);
  }

  private async fetchRest(): Promise<void> {
    const { expectedSize, signal } = this.options;
    let [counted, most, earlyEnds] = [this.bytesDone, this.bytesDone, 0];
    while (this.bytesDone < expectedSize) {
      this.attempts += 1;
      const cause = await this.attempt();
      signal.throwIfAborted();
      if (cause === null || this.bytesDone === expectedSize) return;
      if (this.bytesDone - counted >= notableProgressBytes(expectedSize)) {
        counted = this.bytesDone;
        this.outage.recovered();
      }
      if (this.bytesDone > most) [most, earlyEnds] = [this.bytesDone, 0];
      if (cause instanceof EndedEarly) earlyEnds += 1;
      if (earlyEnds >= MOST_EARLY_ENDS) throw sizeMismatch(`The file at ${redactUrl(this.options.url)} has ${this.bytesDone} bytes`, expectedSize);
      await this.waitAfter(cause);
    }
  }

  private async waitAfter(cause: RetryableFailure): Promise<void> {
    const { signal, wait = async ({ waitMs }: DownloadWait) => delay(waitMs, undefined, { signal }) } = this.options;
    const pause = this.outage.failed(retryAfterMs(cause.retryAfter, this.clock.now()));
    if (pause === null) throw this.givenUp(cause);
    await wait({ reason: cause.message, attempts: this.attempts, since: pause.since, waitMs: pause.waitMs });
  }

  /** Null when the file is complete, else the failure that another attempt may not have; throws every other one. */
  private async attempt(): Promise<RetryableFailure | null> {
    const { url, expectedSize } = this.options;
    using guard = new RateGuard(this.retry);
    const signal = AbortSignal.any([this.options.signal, guard.signal]);
    const offset = this.resumable ? this.bytesDone : 0;
    const validator = offset > 0 ? this.validator : null;
    try {
      const answer = await this.ask(offset, validator, signal);
      await this.receive(answer, () => bodyOffset(answer, { url, offset, expectedSize, validator }), guard, signal);
      if (this.bytesDone === expectedSize) return null;
      return new EndedEarly(`the file ended after ${this.bytesDone} of ${expectedSize} bytes`);
    } catch (error) {
      if (error instanceof UntrustedRange) {
        this.resumable = false;
        this.untrustedRanges += 1;
      }
      if (error instanceof RetryableFailure) return error;
      throw error;
    }
  }

  private async ask(offset: number, ifRange: string | null, signal: AbortSignal): Promise<FileResponse> {
    try {
      return await this.options.open(offset, ifRange, signal);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (isLasting(error)) throw new AppError('FILE_UNREACHABLE', `The file at ${redactUrl(this.options.url)} cannot be fetched: ${reasonOf(error)}.`, {}, { cause: error });
      throw new RetryableFailure(reasonOf(error), { cause: error });
    }
  }

  private async receive(answer: FileResponse, judge: () => number, guard: RateGuard, signal: AbortSignal): Promise<void> {
    const { draft } = this.options;
    const { body, headers } = answer;
    // A body that is destroyed early may emit an error, which must not end the process.
    body.on('error', () => undefined);
    try {
      const offset = judge();
      if (offset === 0) {
        this.startAnew();
        await draft.restart();
      } else this.joined = true;
      this.validator = validatorOf(headers);
      try {
        for await (const chunk of chunksOf(body, signal)) {
          guard.add(chunk.length);
          await this.take(chunk);
        }
      } finally {
        await draft.flush();
      }
    } finally {
      body.destroy();
    }
  }

  private async take(chunk: Buffer): Promise<void> {
    const { url, draft, expectedSize, onProgress } = this.options;
    if (this.bytesDone + chunk.length > expectedSize) {
      throw sizeMismatch(`The file at ${redactUrl(url)} has ${this.bytesDone + chunk.length} bytes or more`, expectedSize);
    }
    const waits = [this.hasher.update(chunk), draft.write(chunk)].filter((wait) => wait !== undefined);
    if (waits.length > 0) await Promise.all(waits);
    this.bytesDone += chunk.length;
    onProgress?.(this.bytesDone);
  }

  private startAnew(): void {
    this.bytesDone = 0;
    this.joined = false;
    this.resumable = !this.inOnePiece && this.untrustedRanges < MOST_UNTRUSTED_RANGES;
    this.hasher.reset();
  }

  private givenUp(cause: RetryableFailure): AppError {
    const tried = `for ${this.retry.retryForMs / 1000} s (IMPORT_RETRY_FOR) in ${this.attempts} attempts`;
    const message = `The file at ${redactUrl(this.options.url)} could not be fetched ${tried}; the last one failed: ${cause.message}.`;
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

/** The reason of a failure in words. "fetch failed" and "aborted" say little, so it is their cause that counts. */
function reasonOf(error: unknown): string {
  if (error instanceof FetchFailure) return error.reason;
  return reasonOfConnection(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
