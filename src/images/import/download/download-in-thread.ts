import { Worker } from 'node:worker_threads';
import { AppError } from '../../../platform/errors.js';
import type { DownloadEnvironment, DownloadOrder, DownloadReport, DownloadRequest, DownloadWait } from './download-request.js';
import type { FileDigest } from './hasher.js';

const THREAD = new URL('./download-thread.js', import.meta.url);
// Small, because chunks become garbage at once: many cheap collections of a small young generation beat a few of the whole heap.
const LIMITS = { maxYoungGenerationSizeMb: 2 };
/** A thread that does not end by itself when it is cancelled, as its disk hangs, is ended then. */
const CANCEL_MS = 500;

export interface DownloadWatch {
  /** Called a few times a second; the number falls when the download starts anew. */
  onProgress: (bytesDone: number) => void;
  /** Called when the source is out; the download goes on when this resolves. */
  onWait: (waiting: DownloadWait) => Promise<void>;
  /** Cancels; the bytes received so far stay in the store. */
  signal: AbortSignal;
}

/** What the downloads of a process share. `storeId` is read for each. */
export type ThreadSettings = Omit<DownloadEnvironment, 'isCrowded' | 'storeId'> & { storeId: () => Promise<string | null> };

/** `downloadFile` for an image, in whichever thread. */
export type Download = (request: DownloadRequest, watch: DownloadWatch) => Promise<FileDigest>;

/**
 * Runs each download in a worker thread of its own, as receiving, hashing and writing keep a thread busy, and this one serves requests.
 * The worker fetches through its own GuardedFetch, with the same rules.
 */
export function downloadsInThreads({ storeId, ...environment }: ThreadSettings): Download {
  let running = 0;
  return async (request, watch) => {
    watch.signal.throwIfAborted();
    const own: DownloadEnvironment = { ...environment, storeId: await storeId(), isCrowded: running > 0 };
    // execArgv: the flags of a test runner or debugger are not for this thread.
    const workerData = { environment: own, request };
    const thread = new Worker(THREAD, { execArgv: [], workerData, resourceLimits: LIMITS });
    running += 1;
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      order(thread, 'cancel');
      timer = setTimeout(() => void thread.terminate(), CANCEL_MS);
    };
    watch.signal.addEventListener('abort', cancel);
    if (watch.signal.aborted) cancel();
    try {
      return outcome(await lastReport(thread, watch));
    } catch (error) {
      watch.signal.throwIfAborted();
      throw error;
    } finally {
      watch.signal.removeEventListener('abort', cancel);
      clearTimeout(timer);
      running -= 1;
      await thread.terminate();
    }
  };
}

type LastReport = Exclude<DownloadReport, { kind: 'progress' | 'waiting' }>;

function order(thread: Worker, message: DownloadOrder): void {
  thread.postMessage(message);
}

function lastReport(thread: Worker, { onProgress, onWait }: DownloadWatch): Promise<LastReport> {
  return new Promise((resolve, reject) => {
    thread.on('message', (report: DownloadReport) => {
      if (report.kind === 'progress') onProgress(report.bytesDone);
      else if (report.kind === 'waiting') onWait(report.waiting).then(() => order(thread, 'go on'), reject);
      else resolve(report);
    });
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`The thread of a download ended with ${code} before the download did.`)));
  });
}

function outcome(report: LastReport): FileDigest {
  if (report.kind === 'done') return report.digest;
  if (report.kind === 'refused') throw new AppError(report.code, report.message, report.extensions);
  const error = Object.assign(new Error(report.message), report.code === null ? {} : { code: report.code });
  error.stack = report.stack;
  throw error;
}
