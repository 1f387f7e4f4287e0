import { addAbortSignal } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileKind } from '../../images/file-kind/file-kind.js';
import type { DownloadWait } from '../../images/import/download/download-request.js';
import { isBusy, isLasting, RetryableFailure } from '../../images/import/download/download-response.js';
import { type FileDigest, Hasher } from '../../images/import/download/hasher.js';
import { RateGuard } from '../../images/import/download/rate-guard.js';
import { type Clock, DEFAULT_RETRY, Outage, retryAfterMs, type RetryPolicy, SYSTEM_CLOCK } from '../../images/import/download/retry-policy.js';
import { factsOf, readHead } from '../../imgapi/answers/answer-facts.js';
import { serverMessage } from '../../imgapi/answers/server-message.js';
import { AppError } from '../../platform/errors.js';
import { toFetchFailure } from '../../platform/fetch/fetch-failure.js';
import type { FetchResponse } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import type { FileDraft } from '../../platform/store/file-store.js';
import { writeGzipped } from './write-gzipped.js';

export interface GzippedDownload {
  /** Requests the bytes from the first one; its body fails when it stalls. An AppError that it throws is not retried. */
  open: (signal: AbortSignal) => Promise<FetchResponse>;
  /** The name of the source in messages, such as "snapshot daily of disk 1 of server web01". */
  what: string;
  /** Bytes that the disk of the snapshot holds; more are refused. */
  diskBytes: number;
  /** What is written; it is neither sealed nor closed. */
  draft: Pick<FileDraft, 'restart' | 'write' | 'flush'>;
  /** Called when the body starts, once per attempt; null when its length is unknown. */
  onStart?: (bytesTotal: number | null) => Promise<void>;
  /** Called for every chunk, with the bytes received; a new attempt counts from 0 again. */
  onProgress?: (bytesRead: number) => void;
  retry?: Partial<RetryPolicy>;
  clock?: Clock;
  /** Waits before another attempt; by default for the time that it is told. */
  wait?: (waiting: DownloadWait) => Promise<void>;
  signal: AbortSignal;
}

export interface GzippedFile {
  /** Of the compressed bytes, which compute nodes will download. */
  digest: FileDigest;
  /** What the file is; its compression is gzip. */
  kind: FileKind;
  /** Bytes received. */
  bytesRead: number;
}

/**
 * Downloads bytes and writes them, compressed with gzip, to a draft, in constant memory. A download that
 * breaks starts again from the first byte, as a gzip stream cannot be continued. Throws FILE_UNREACHABLE when the source
 * refuses, is empty, does not say where its answer ends, or breaks in every attempt; what `writeGzipped` throws;
 * errors of the disk unchanged; the reason of the signal.
 */
export async function downloadGzipped(download: GzippedDownload): Promise<GzippedFile> {
  const retry = { ...DEFAULT_RETRY, ...download.retry };
  const { clock = SYSTEM_CLOCK, signal, wait = async ({ waitMs }: DownloadWait) => delay(waitMs, undefined, { signal }) } = download;
  const outage = new Outage(retry, clock);
  await using hasher = new Hasher();
  for (;;) {
    try {
      return await attempt(download, retry, hasher);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RetryableFailure)) throw error;
      const pause = outage.failed(retryAfterMs(error.retryAfter, clock.now()));
      if (pause === null) throw givenUp(download, retry, outage.failures, error);
      await wait({ reason: error.message, attempts: pause.failures, since: pause.since, waitMs: pause.waitMs }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}

async function attempt(given: GzippedDownload, retry: RetryPolicy, hasher: Hasher): Promise<GzippedFile> {
  using guard = new RateGuard(retry);
  const download = { ...given, signal: AbortSignal.any([given.signal, guard.signal]) };
  const response = await request(download);
  const { body, headers } = response;
  // A body that is destroyed early may emit an error, which must not be uncaught.
  body.on('error', () => undefined);
  try {
    await requireReadable(download, response);
    await download.onStart?.(lengthOf(headers));
    hasher.reset();
    const { kind, bytesRead } = await receive(download, response, hasher, guard);
    return { digest: await hasher.digest(), kind, bytesRead };
  } finally {
    body.destroy();
  }
}

async function receive(download: GzippedDownload, response: FetchResponse, hasher: Hasher, guard: RateGuard): Promise<Pick<GzippedFile, 'kind' | 'bytesRead'>> {
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(response, download.signal)) {
      bytesRead += chunk.length;
      guard.add(chunk.length);
      download.onProgress?.(bytesRead);
      yield chunk;
    }
    if (bytesRead === 0) throw unreachable(download, `${redactUrl(response.url)} is empty; the bytes of the disk are expected`);
  }
  const { draft } = download;
  await draft.restart();
  try {
    const write = async (chunk: Buffer): Promise<unknown> => Promise.all([hasher.update(chunk), draft.write(chunk)]);
    const { kind } = await writeGzipped({ what: download.what, diskBytes: download.diskBytes, chunks: counted(), write });
    return { kind, bytesRead };
  } finally {
    await draft.flush();
  }
}

async function request(download: GzippedDownload): Promise<FetchResponse> {
  try {
    return await download.open(download.signal);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (isLasting(error)) throw unreachable(download, reasonOf('', error));
    throw new RetryableFailure(reasonOf('', error), { cause: error });
  }
}

async function requireReadable(download: GzippedDownload, response: FetchResponse): Promise<void> {
  const { url, status, headers, tellsEnd } = response;
  const refusal = `${redactUrl(url)} answered with status ${status}; 200 is needed`;
  if (isBusy(status)) throw new RetryableFailure(refusal, { retryAfter: headers['retry-after'] });
  if (status !== 200) {
    const said = serverMessage(factsOf(response, await readHead(response.body)));
    throw unreachable(download, said === null ? refusal : `${refusal}. The server says: ${said}`);
  }
  // Otherwise, a connection that breaks and an answer that ends look the same.
  if (!tellsEnd) throw unreachable(download, `${redactUrl(url)} answers with neither Content-Length nor chunks, so nobody can tell whether its answer is whole`);
}

function lengthOf(headers: FetchResponse['headers']): number | null {
  const length = Number(headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}

/** Wraps errors of the network, so that an error of the disk is never mistaken for one. */
async function* chunksOf({ body, url }: FetchResponse, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    // A stream without a text encoding yields Buffers.
    for await (const chunk of addAbortSignal(signal, body)) yield chunk as Buffer;
  } catch (error) {
    // The reason of an abort says more than the error of the stream.
    throw new RetryableFailure(reasonOf(url, signal.aborted ? signal.reason : error), { cause: error });
  }
}

function unreachable({ what }: GzippedDownload, reason: string): AppError {
  return new AppError('FILE_UNREACHABLE', `The data of ${what} cannot be read: ${reason}.`);
}

function givenUp({ what }: GzippedDownload, { retryForMs }: RetryPolicy, attempts: number, cause: RetryableFailure): AppError {
  const message = `The data of ${what} could not be read for ${retryForMs / 1000} s (IMPORT_RETRY_FOR) in ${attempts} attempts; the last one failed: ${cause.message}.`;
  return new AppError('FILE_UNREACHABLE', message, { attempts }, { cause });
}

/** The cause for users, with the URL; without one here, the error itself names it. */
function reasonOf(url: string, error: unknown): string {
  const message = url === '' && error instanceof Error ? error.message : toFetchFailure(url, error).message;
  return message.replace(/\.$/, '');
}
