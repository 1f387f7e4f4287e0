// Runs in a worker thread: one download, from its order to its last report.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { fetchFile } from '../../../imgapi/fetch-file.js';
import { AppError } from '../../../platform/errors.js';
import { GuardedFetch } from '../../../platform/fetch/fetch.js';
import { LocalFileStore } from '../../../platform/store/local-file-store.js';
import { errorCode } from '../../../platform/store/safe-open.js';
import { downloadFile } from './download.js';
import type { DownloadRequest, DownloadEnvironment, DownloadReport } from './download-order.js';

/** Between two reports of progress; the thread that answers requests should not wake for each. */
const PROGRESS_MS = 100;
/** Far enough behind the thread that answers requests, which then need not queue behind many downloads. */
const CROWDED_PRIORITY = 10;

const port = parentPort;
if (port === null) throw new Error('download-thread runs in a worker thread only');
const { place, order } = workerData as { place: DownloadEnvironment; order: DownloadRequest };
// Linux takes 0 for this thread, and the threads it starts inherit it; elsewhere it would be the whole process.
if (place.isCrowded && process.platform === 'linux') setPriority(0, CROWDED_PRIORITY);
const cancel = new AbortController();
port.once('message', () => cancel.abort());
port.postMessage(await runDownload());
port.close();

async function runDownload(): Promise<DownloadReport> {
  const { trustedHosts, ...wanted } = order;
  const fetch = new GuardedFetch({ allow: place.allow });
  try {
    const digest = await downloadFile({
      ...wanted,
      open: (offset, ifRange, signal) => fetchFile(fetch, order.url, { offset, ifRange: ifRange ?? undefined, signal, trustedHosts }),
      store: new LocalFileStore(place.storePath, { here: true, early: !place.isCrowded }),
      onProgress: throttled((bytesDone) => report({ kind: 'progress', bytesDone })),
      signal: cancel.signal,
    });
    return { kind: 'done', digest };
  } catch (error) {
    return reportOf(error);
  } finally {
    await fetch.close();
  }
}

function report(message: DownloadReport): void {
  port?.postMessage(message);
}

function throttled(tell: (bytesDone: number) => void): (bytesDone: number) => void {
  let told = 0;
  return (bytesDone) => {
    const now = Date.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    tell(bytesDone);
  };
}

function reportOf(error: unknown): DownloadReport {
  if (error instanceof AppError) return { kind: 'refused', code: error.code, message: error.message, extensions: error.extensions };
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'failed', message, code: errorCode(error), stack };
}
