import { setTimeout as delay } from 'node:timers/promises';
import { S3Failure } from './s3-failure.js';

const MOST_TRIES = 6;
const FIRST_PAUSE_MS = 1000;
/** After so long, a failure is not tried again: each of them may have waited for an answer. */
const LONGEST_MS = 120_000;

/**
 * Does work of a task, and does it again where that may help: after an outage of the storage, or 503 SlowDown, for half a minute beside the
 * retries of the client. Rejects with the last failure, also when the signal ends a pause.
 */
export async function persist<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const begun = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const isFinal = !(error instanceof S3Failure) || !error.mayPass || tries === MOST_TRIES || performance.now() - begun > LONGEST_MS;
      if (isFinal || signal?.aborted) throw error;
      await delay(FIRST_PAUSE_MS * 2 ** (tries - 1), undefined, signal && { signal }).catch(() => {
        throw error;
      });
    }
  }
}
