import type { ErrorCode } from '../../../platform/errors.js';
import type { FetchAccess } from '../../../platform/fetch/fetch.js';
import type { ProxySettings } from '../../../platform/fetch/proxy-settings.js';
import type { FileDigest } from './hasher.js';

/** One download, as a message to its worker thread. */
export interface DownloadRequest {
  uuid: string;
  url: string;
  /** Bytes. */
  expectedSize: number;
  expectedSha1: string;
  access: FetchAccess;
}

/** The settings of the worker thread: the folder of the image store, FETCH_ALLOW, the proxies, and whether other downloads run. */
export interface DownloadEnvironment {
  storePath: string;
  allow: readonly string[];
  proxies: ProxySettings;
  /** Other downloads are running already. */
  isCrowded: boolean;
}

/** Messages of the worker thread: progress many times, and one of the others at the end. */
export type DownloadReport =
  | { kind: 'progress'; bytesDone: number }
  | { kind: 'done'; digest: FileDigest }
  | { kind: 'refused'; code: ErrorCode; message: string; extensions: Readonly<Record<string, unknown>> }
  | { kind: 'failed'; message: string; code: string | null; stack: string };
