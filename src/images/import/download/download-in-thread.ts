import { Worker } from 'node:worker_threads';
import { AppError } from '../../../platform/errors.js';
import type { DownloadRequest, DownloadEnvironment, DownloadReport } from './download-request.js';
import type { FileDigest } from './hasher.js';

const THREAD = new URL('./download-thread.js', import.meta.url);
// Small, because chunks become garbage at once: many cheap collections of a small young generation beat a few of the whole heap.
const LIMITS = { maxYoungGenerationSizeMb: 2 };

export interface DownloadWatch {
  /** Called a few times a second; the number falls when the download starts anew. */
  onProgress: (bytesDone: number) => void;
  /** Cancels; the bytes received so far stay in the partial file. */
  signal: AbortSignal;
}

/** `downloadFile` for an image, in whichever thread. */
export type Download = (request: DownloadRequest, watch: DownloadWatch) => Promise<FileDigest>;

/**
 * Runs each download in a worker thread of its own, as receiving, hashing and writing keep a thread busy, and this one serves requests.
 * The worker fetches through its own GuardedFetch, with the same rules.
 */
export function downloadsInThreads(environment: Omit<DownloadEnvironment, 'isCrowded'>): Download {
  let running = 0;
  return async (request, watch) => {
    watch.signal.throwIfAborted();
    // execArgv: the flags of a test runner or debugger are not for this thread.
    const workerData = { environment: { ...environment, isCrowded: running > 0 }, request };
    const thread = new Worker(THREAD, { execArgv: [], workerData, resourceLimits: LIMITS });
    running += 1;
    const cancel = (): void => thread.postMessage('cancel');
    watch.signal.addEventListener('abort', cancel);
    try {
      return outcome(await lastReport(thread, watch.onProgress));
    } catch (error) {
      watch.signal.throwIfAborted();
      throw error;
    } finally {
      watch.signal.removeEventListener('abort', cancel);
      running -= 1;
      await thread.terminate();
    }
  };
}

type LastReport = Exclude<DownloadReport, { kind: 'progress' }>;

function lastReport(thread: Worker, onProgress: DownloadWatch['onProgress']): Promise<LastReport> {
  return new Promise((resolve, reject) => {
    thread.on('message', (report: DownloadReport) => (report.kind === 'progress' ? onProgress(report.bytesDone) : resolve(report)));
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
