import type { ErrorCode } from '../../../platform/error-codes.js';
import type { FetchAccess } from '../../../platform/fetch/fetch.js';
import type { ProxySettings } from '../../../platform/fetch/proxy-settings.js';
import type { AttemptKey } from '../../../platform/store/file-key.js';
import type { StoreLocation } from '../../../platform/store/open-store.js';
import type { FileDigest } from './hasher.js';
import type { RetryPolicy } from './retry-policy.js';

/** One download, as a message to its worker thread. */
export interface DownloadRequest {
  /** What is written. */
  key: AttemptKey;
  url: string;
  /** Bytes. */
  expectedSize: number;
  expectedSha1: string;
  access: FetchAccess;
}

/** A download that waits, as its source is out. */
export interface DownloadWait {
  reason: string;
  /** Attempts so far. */
  attempts: number;
  /** When the outage began, in ms since 1970. */
  since: number;
  waitMs: number;
}

/** The settings of the worker thread: the image store, FETCH_ALLOW, the proxies, the IMPORT settings, and whether other downloads run. */
export interface DownloadEnvironment {
  store: StoreLocation;
  /** No other process writes to the store. */
  isSoleOwner: boolean;
  /** Null accepts any store. */
  storeId: string | null;
  retry: RetryPolicy;
  allow: readonly string[];
  proxies: ProxySettings;
  /** Other downloads are running already. */
  isCrowded: boolean;
}

/** Messages to the worker thread. `go on` ends a wait. */
export type DownloadOrder = 'cancel' | 'go on';

/** Messages of the worker thread: progress and waits many times, and one of the others at the end. */
export type DownloadReport =
  | { kind: 'progress'; bytesDone: number }
  | { kind: 'waiting'; waiting: DownloadWait }
  | { kind: 'done'; digest: FileDigest }
  | { kind: 'refused'; code: ErrorCode; message: string; extensions: Readonly<Record<string, unknown>> }
  | { kind: 'failed'; message: string; code: string | null; stack: string };
