import { addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { Broken } from '../../images/import/download/download-answer.js';
import { type FileDigest, Hasher } from '../../images/import/download/hasher.js';
import { PartialWriter } from '../../images/import/download/partial-writer.js';
import { backOffMs, DEFAULT_RETRY, type RetryPolicy } from '../../images/import/download/retry-policy.js';
import { AppError } from '../../platform/errors.js';
import { asFetchFailure } from '../../platform/fetch/fetch-failure.js';
import type { FetchResponse } from '../../platform/fetch/fetch.js';
import { shownUrl } from '../../platform/fetch/shown-url.js';
import type { FileStore } from '../../platform/store/file-store.js';

/** Larger pieces cross between the threads less often; still nothing beside the buffers of the streams. */
const GZIP_CHUNK_BYTES = 256 * 1024;
const RETRYABLE = new Set([408, 425, 429]);

export interface GzippedDownload {
  /** Asks for the bytes from their beginning, and lets a body that stalls fail. An AppError it throws is final. */
  open: (signal: AbortSignal) => Promise<FetchResponse>;
  /** What is read, for messages: "snapshot daily of disk 1 of server web01". */
  what: string;
  store: Pick<FileStore, 'appendPartial'>;
  uuid: string;
  /** Called when bytes begin to come, once per attempt; null when nobody knows how many there will be. */
  onStart?: (bytesTotal: number | null) => Promise<void>;
  /** Called for every chunk read, before compression; the number falls when the reading starts anew. */
  onProgress?: (bytesRead: number) => void;
  retry?: Partial<Omit<RetryPolicy, 'idleTimeoutMs'>>;
  signal: AbortSignal;
}

export interface GzippedFile {
  /** Of the compressed bytes, which are what compute nodes will fetch. */
  digest: FileDigest;
  /** Before compression. */
  bytesRead: number;
}

/**
 * Reads bytes to their end and leaves them, compressed with gzip, in the partial of `uuid`; the same memory for any size.
 * A reading that breaks begins anew, as a half compressed stream cannot be taken up. FILE_UNREACHABLE when it is refused,
 * empty, encoded, or broke every time; a failure of the disk as it is; the signal's reason.
 */
export async function downloadGzipped(reading: GzippedDownload): Promise<GzippedFile> {
  const retry = { ...DEFAULT_RETRY, ...reading.retry };
  await using hasher = new Hasher();
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt(reading, hasher);
    } catch (error) {
      reading.signal.throwIfAborted();
      if (!(error instanceof Broken)) throw error;
      if (failures >= retry.attempts) throw givenUp(reading, failures, error);
    }
    await delay(backOffMs(retry, failures), undefined, { signal: reading.signal }).catch(() => undefined);
    reading.signal.throwIfAborted();
  }
}

async function attempt(reading: GzippedDownload, hasher: Hasher): Promise<GzippedFile> {
  const answer = await ask(reading);
  const { body, headers } = answer;
  // Destroying a body early may make it emit an error that nobody waits for.
  body.on('error', () => undefined);
  try {
    requireReadable(reading, answer);
    await reading.onStart?.(lengthOf(headers));
    hasher.reset();
    const bytesRead = await compress(reading, answer, hasher);
    if (bytesRead === 0) throw unreachable(reading, `${shownUrl(answer.url)} is empty; the bytes of the disk are expected`);
    return { digest: await hasher.digest(), bytesRead };
  } finally {
    body.destroy();
  }
}

async function compress(reading: GzippedDownload, answer: FetchResponse, hasher: Hasher): Promise<number> {
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(answer, reading.signal)) {
      bytesRead += chunk.length;
      reading.onProgress?.(bytesRead);
      yield chunk;
    }
  }
  const writer = new PartialWriter(await reading.store.appendPartial(reading.uuid, 0));
  try {
    await pipeline(counted(), createGzip({ chunkSize: GZIP_CHUNK_BYTES }), async (compressed: AsyncIterable<Buffer>) => {
      for await (const chunk of compressed) await Promise.all([hasher.update(chunk), writer.write(chunk)]);
    });
  } finally {
    await writer.close();
  }
  return bytesRead;
}

async function ask({ open, signal }: GzippedDownload): Promise<FetchResponse> {
  try {
    return await open(signal);
  } catch (error) {
    throw error instanceof AppError ? error : new Broken(reasonOf('', error), { cause: error });
  }
}

function requireReadable(reading: GzippedDownload, { url, status, headers }: FetchResponse): void {
  const answered = `${shownUrl(url)} answered with status ${status}; 200 is needed`;
  if (status >= 500 || RETRYABLE.has(status)) throw new Broken(answered);
  if (status !== 200) throw unreachable(reading, answered);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw unreachable(reading, `${shownUrl(url)} answered with Content-Encoding ${encoding}; the plain bytes are needed`);
}

function lengthOf(headers: FetchResponse['headers']): number | null {
  const length = Number(headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}

/** Marks an error of the network as such, so that one of the disk is never taken for it. */
async function* chunksOf({ body, url }: FetchResponse, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of addAbortSignal(signal, body)) yield chunk as Buffer;
  } catch (error) {
    throw new Broken(reasonOf(url, error), { cause: error });
  }
}

function unreachable({ what }: GzippedDownload, reason: string): AppError {
  return new AppError('FILE_UNREACHABLE', `The data of ${what} cannot be read: ${reason}.`);
}

function givenUp({ what }: GzippedDownload, attempts: number, cause: Broken): AppError {
  const message = `The data of ${what} could not be read in ${attempts} attempts; the last one failed: ${cause.message}.`;
  return new AppError('FILE_UNREACHABLE', message, { attempts }, { cause });
}

/** In plain words, with the address; an address that is not known here is in the failure already. */
function reasonOf(url: string, error: unknown): string {
  return asFetchFailure(url, error).message.replace(/\.$/, '');
}
