import type { ErrorCode } from '../../../platform/errors.js';
import type { FileDigest } from './hasher.js';

/** What is asked of the thread that downloads: plain values, which it gets a copy of. */
export interface DownloadRequest {
  uuid: string;
  url: string;
  /** Bytes. */
  expectedSize: number;
  expectedSha1: string;
  /** As of `FetchRequest`. */
  trustedHosts: ReadonlySet<string>;
}

/** Where the thread works: where images lie, what FETCH_ALLOW says, and in which company. */
export interface DownloadEnvironment {
  storePath: string;
  allow: readonly string[];
  /** Others go on already. */
  isCrowded: boolean;
}

/** What the thread tells: progress again and again, and one of the others at its end. */
export type DownloadReport =
  | { kind: 'progress'; bytesDone: number }
  | { kind: 'done'; digest: FileDigest }
  | { kind: 'refused'; code: ErrorCode; message: string; extensions: Readonly<Record<string, unknown>> }
  | { kind: 'failed'; message: string; code: string | null; stack: string };
