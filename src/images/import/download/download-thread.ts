// Runs in a worker thread: one download, from its request to its last report.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { fetchFile } from '../../../imgapi/fetch-file.js';
import { AppError } from '../../../platform/errors.js';
import { GuardedFetch } from '../../../platform/fetch/fetch.js';
import type { FileStore } from '../../../platform/store/file-store.js';
import { openStore } from '../../../platform/store/open-store.js';
import { knownIdentity } from '../../../platform/store/store-identity.js';
import { errorCode } from '../../../platform/store/safe-open.js';
import { downloadFile, type DownloadOptions } from './download.js';
import type { FileDigest } from './hasher.js';
import type { DownloadEnvironment, DownloadOrder, DownloadReport, DownloadRequest, DownloadWait } from './download-request.js';

/** Between two reports of progress, so that the thread that serves requests does not wake for each chunk. */
const PROGRESS_MS = 100;
/** Low enough that requests do not queue behind many downloads. */
const CROWDED_PRIORITY = 10;
const IDLE_MARGIN_MS = 10_000;

const port = parentPort;
if (port === null) throw new Error('download-thread runs in a worker thread only');
const { environment, request } = workerData as { environment: DownloadEnvironment; request: DownloadRequest };
// On Linux, 0 means this thread, and the threads that it starts inherit the priority; elsewhere it means the whole process.
if (environment.isCrowded && process.platform === 'linux') setPriority(0, CROWDED_PRIORITY);
const cancel = new AbortController();
let goOn = Promise.withResolvers<void>();
port.on('message', (order: DownloadOrder) => (order === 'cancel' ? cancel.abort() : goOn.resolve()));
port.postMessage(await runDownload());
port.close();

async function runDownload(): Promise<DownloadReport> {
  const { retry } = environment;
  // The rate decides whether the source has stalled; undici only ends what that cannot see.
  const idleTimeoutMs = retry.rateWindowMs + IDLE_MARGIN_MS;
  const fetch = new GuardedFetch(environment);
  let note: string | null = null;
  try {
    const store = await openedStore();
    const digest = await downloadInto(store, {
      open: async (offset, ifRange, signal) => {
        note = null;
        const answer = await fetchFile(fetch, request.url, { offset, ifRange: ifRange ?? undefined, signal, idleTimeoutMs, ...request.access });
        ({ note } = answer);
        return answer;
      },
      retry,
      wait,
      onProgress: throttled((bytesDone) => report({ kind: 'progress', bytesDone })),
      signal: cancel.signal,
    });
    return { kind: 'done', digest };
  } catch (error) {
    return reportOf(error, note);
  } finally {
    await fetch.close();
  }
}

async function openedStore(): Promise<FileStore> {
  const { store, storeId, isSoleOwner, isCrowded } = environment;
  return openStore(store, { identity: (mark) => knownIdentity(mark, storeId), isSoleOwner, writeMode: { synchronous: true, syncEarly: !isCrowded } });
}

/** Goes on from what an earlier attempt left, and seals the file once it is verified. */
async function downloadInto(store: FileStore, options: Omit<DownloadOptions, 'draft' | 'url' | 'expectedSize' | 'expectedSha1'>): Promise<FileDigest> {
  const { key, url, expectedSize, expectedSha1 } = request;
  const draft = await store.openDraft(key);
  try {
    await store.requireRoom(expectedSize - draft.size);
    const digest = await downloadFile({ ...options, url, expectedSize, expectedSha1, draft });
    await draft.seal();
    return digest;
  } finally {
    await draft.close();
  }
}

/** The thread that runs the task decides when the wait is over. */
async function wait(waiting: DownloadWait): Promise<void> {
  cancel.signal.throwIfAborted();
  goOn = Promise.withResolvers();
  const cancelled = (): void => goOn.reject(cancel.signal.reason as Error);
  cancel.signal.addEventListener('abort', cancelled);
  report({ kind: 'waiting', waiting });
  try {
    await goOn.promise;
  } finally {
    cancel.signal.removeEventListener('abort', cancelled);
  }
}

function report(message: DownloadReport): void {
  port?.postMessage(message);
}

function throttled(tell: (bytesDone: number) => void): (bytesDone: number) => void {
  let reportedAt = -Infinity;
  return (bytesDone) => {
    const now = performance.now();
    if (now - reportedAt < PROGRESS_MS) return;
    reportedAt = now;
    tell(bytesDone);
  };
}

/** `note` is what the last answer of the server shows beside the error. */
function reportOf(error: unknown, note: string | null): DownloadReport {
  if (error instanceof AppError) return { kind: 'refused', code: error.code, message: [error.message, note].filter((text) => text !== null).join(' '), extensions: error.extensions };
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'failed', message, code: errorCode(error), stack };
}
