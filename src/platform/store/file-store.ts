import type { Readable, Writable } from 'node:stream';
import { AppError } from '../errors.js';
import { type AttemptKey, type FileKey, nameOfKey } from './file-key.js';

/** Bytes `start` to `end`, both inclusive as in an HTTP range. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Size and age of a file in the store. */
export interface StoredFile {
  /** Bytes. */
  size: number;
  modifiedAt: Date;
}

/**
 * Stores image files, each with a manifest, in a layout that is the same in a folder and in an object store:
 *
 *     <uuid>/file, <uuid>/manifest                   a pair, placed by hand or by an earlier version
 *     <uuid>/<task id>-<number>/file, .../manifest   what one attempt of one task brought
 *
 * Nothing gets a name that two attempts share, and nothing is ever moved to one. So an attempt that was given up, and goes on writing,
 * changes no byte of another one. The row of an image names the attempt whose file is the image; all others are left-overs.
 *
 * A key that `demandKey` does not accept is refused, because it becomes part of a path or an object's name.
 * A local store treats symbolic links as absent, so that a link placed there by hand cannot lead out of it.
 */
export interface FileStore {
  /**
   * Throws IMAGE_SERVER_UNAVAILABLE, with location and cause, unless the store can be reached and written; STORE_MISMATCH unless it is the
   * one that the catalogue was written with. A full store passes, as images can be deleted from it.
   */
  check(): Promise<void>;
  /** Throws IMAGE_SERVER_UNAVAILABLE unless the store answers now, or STORE_MISMATCH. Unlike `check`, it makes and writes nothing, and waits as long as it takes. */
  reach(): Promise<void>;
  /** Throws IMAGE_SERVER_UNAVAILABLE, with the bytes needed and free, unless that many bytes fit. A store that has no such limit passes. */
  requireRoom(bytes: number): Promise<void>;
  /**
   * Does work on the store. Throws IMAGE_SERVER_UNAVAILABLE when that finds the store full, with the bytes needed (null: unknown) and free, or
   * when the store refuses it: no right, read-only, a broken disk.
   */
  explainFaults<T>(bytesNeeded: number | null, work: () => Promise<T>): Promise<T>;

  /** Uuids under which there is a pair or a part of one, or a folder that is empty or cannot be read; sorted. */
  listPairs(): Promise<string[]>;
  /** Folders placed by hand that are left out, as their name is a uuid with capital letters, sorted. */
  listMisnamed(): Promise<string[]>;
  /**
   * Every attempt of which anything is in the store, sealed or not, or of those of one uuid; as a stream, in no order. An object store's open
   * uploads are among them. Without a uuid, a folder that cannot be read is left out: `listPairs` has it.
   */
  listAttempts(uuid?: string): AsyncIterable<AttemptKey>;

  /** Null when there is none. Throws INVALID_MANIFEST above 1 MiB. */
  readManifest(key: FileKey): Promise<string | null>;
  /** Replaces the manifest atomically. Throws `FileStoreMissing` when there is no file under the key. */
  writeManifest(key: FileKey, text: string): Promise<void>;
  /** Null when there is no such file, or it is not sealed. */
  statFile(key: FileKey): Promise<StoredFile | null>;
  /** The caller must read the stream to its end or destroy it. A later `remove` does not disturb it in a folder; null as for `statFile`. */
  readFile(key: FileKey, range?: ByteRange): Promise<Readable | null>;
  /**
   * Opens a file to send all or a range of it; null as for `statFile`. It stays open until it is sent or closed. An object storage is asked
   * at once for the range that is going to be sent, if it is given, so that a failure is known before the first byte.
   */
  openFile(key: FileKey, range?: ByteRange): Promise<OpenFile | null>;
  /** Where a client can fetch this file for a short while without the gateway (IMAGE_STORE_REDIRECT); null: it is to be sent. */
  redirectTo(key: FileKey): Promise<string | null>;

  /**
   * Begins the file of an attempt. It goes on from what this attempt, or an earlier one of the same task, left: takes those bytes under its
   * own name, then removes the earlier ones. An earlier attempt that still runs may go on writing under its own name. The file of a pair is
   * written only by commands that have the store for themselves, such as a restore; it goes on from an unfinished one of that pair.
   */
  openDraft(key: FileKey): Promise<FileDraft>;
  /** Hides what is under this key from new readers at once, then deletes it; of a pair, file and manifest. Nothing there: does nothing. */
  remove(key: FileKey): Promise<void>;
  /**
   * Deletes what a crash left and no key names: half-removed files, drafts of manifests, and `<uuid>.partial` of earlier versions. Returns
   * the names. Leaves every key and everything unknown alone.
   */
  sweep(): Promise<string[]>;
}

/** The file that an attempt writes; no reader of the store sees it before it is sealed. For one writer in one thread. */
export interface FileDraft {
  /** Bytes that it has so far, with those that are still in memory. */
  readonly size: number;
  /** The `size` bytes that it has; for a draft that goes on from an earlier attempt, before the first `write`. */
  readWritten(): Promise<Readable>;
  /** Drops all bytes; the next `write` is the first. */
  restart(): Promise<void>;
  /** Appends. Returns a promise when too much is in memory: the next call must wait for it. Rejects with what an earlier write met. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** Resolves when what was written is where a later attempt finds it; an object store may keep a tail shorter than a part in memory. */
  flush(): Promise<void>;
  /**
   * Makes the file durable and visible under its key, with this manifest if one is given; once this returns, both survive a power
   * failure. Nothing can be written after it.
   */
  seal(manifest?: string): Promise<void>;
  /** Gives up the handle; what was flushed stays for a later attempt. Must be called, also after `seal`. */
  close(): Promise<void>;
}

/** An open image file that can be sent once; a later `remove` does not disturb it. */
export interface OpenFile {
  /** Writes the range into the sink, then closes the file, on failure too. Throws SinkClosed when the receiver disconnects. */
  sendTo(sink: Writable, range: ByteRange): Promise<void>;
  close(): Promise<void>;
}

/** Bytes of a manifest that are read. */
export const MANIFEST_LIMIT_BYTES = 1024 * 1024;

/** INVALID_MANIFEST for a longer one. */
export function manifestTooLong(key: FileKey): AppError {
  const message = `The manifest of image ${nameOfKey(key)} in the image store is larger than ${MANIFEST_LIMIT_BYTES} bytes, which is the most that is read.`;
  return new AppError('INVALID_MANIFEST', message);
}

/** What should be changed is not in the store. */
export class FileStoreMissing extends Error {
  constructor(
    readonly key: FileKey,
    what: string,
  ) {
    super(`The image store has no ${what} of ${nameOfKey(key)}.`);
    this.name = 'FileStoreMissing';
  }
}
