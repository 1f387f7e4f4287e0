import type { DownloadWait } from '../../../src/images/import/download/download-request.js';
import type { Clock } from '../../../src/images/import/download/retry-policy.js';

/** A clock that only waits move on; jitter adds nothing. */
export class FakeClock implements Clock {
  time = Date.UTC(2026, 0, 1);
  readonly waits: DownloadWait[] = [];

  readonly now = (): number => this.time;
  readonly elapsed = (): number => this.time;
  readonly random = (): number => 1;
  /** For the option `wait` of a download. */
  readonly wait = async (waiting: DownloadWait): Promise<void> => {
    this.waits.push(waiting);
    this.time += waiting.waitMs;
  };

  get causes(): string[] {
    return this.waits.map(({ attempts, reason }) => `${attempts}: ${reason}`);
  }

  /** In seconds. */
  get pauses(): number[] {
    return this.waits.map(({ waitMs }) => waitMs / 1000);
  }
}

/** With a FakeClock: an outage is survived for three attempts. */
export const THREE_ATTEMPTS = { baseDelayMs: 1000, retryForMs: 3000 };
