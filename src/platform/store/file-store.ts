import type { Readable, Writable } from 'node:stream';

/** Bytes `start` to `end`, both included, as in an HTTP range. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface StoredFile {
  /** Bytes. */
  size: number;
  modifiedAt: Date;
}

/**
 * Where image files live: one folder per image with its `manifest` and its `file`, published whole or not at all.
 * An image that is still arriving is a *partial*: no reader of published images ever meets it.
 *
 * Every `uuid` must be a lower-case uuid, else BAD_USER_INPUT: it becomes part of a path or an object key.
 * Whatever a symbolic link stands for is treated as absent, so that no link placed here by hand leads out of the store.
 */
export interface FileStore {
  /** Refuses with IMAGE_SERVER_UNAVAILABLE, naming the place and the cause, unless it can be reached and written. */
  check(): Promise<void>;
  /** Published images, hand-placed or ours, also those whose manifest or file is missing; sorted. */
  listUuids(): Promise<string[]>;
  /** Images that were arriving, sorted. */
  listPartials(): Promise<string[]>;
  /** Null when there is none; INVALID_MANIFEST above 1 MiB. */
  readManifest(uuid: string): Promise<string | null>;
  /** Replaces the manifest of a published image at one blow; `FileStoreMissing` when the image is not there. */
  writeManifest(uuid: string, text: string): Promise<void>;
  statFile(uuid: string): Promise<StoredFile | null>;
  /** The caller must read the stream to its end or destroy it. A later `remove` does not disturb it. */
  readFile(uuid: string, range?: ByteRange): Promise<Readable | null>;
  /** A file to be sent, in whole or in part; null when there is none. It stays open until it is sent or closed. */
  openFile(uuid: string): Promise<OpenFile | null>;
  /** Bytes that have arrived; 0 when there is no partial. */
  partialSize(uuid: string): Promise<number>;
  /** Begins a partial or takes it up again: what lies behind `offset` is cut off, and an `offset` behind its end is refused. */
  appendPartial(uuid: string, offset: number): Promise<Writable>;
  /** The first `size` bytes of a partial, or fewer if it is shorter; `FileStoreMissing` when there is none. */
  readPartial(uuid: string, size: number): Promise<Readable>;
  /**
   * Makes the partial the published image, durably: when it returns, the image survives a loss of power.
   * `FileStoreConflict` when the image exists already, `FileStoreMissing` when there is no partial; nothing changes then.
   */
  publish(uuid: string, manifest: string): Promise<void>;
  /** Nothing happens when there is none. */
  discardPartial(uuid: string): Promise<void>;
  /** The image is gone for new readers at once. Nothing happens when there is none. */
  remove(uuid: string): Promise<void>;
  /**
   * Deletes what a crash left behind: partials that are not in `keepPartials` (give it every import that
   * may still go on, in any process) and images that were being removed.
   * Returns the names. Never touches a published image or anything it does not know.
   */
  sweep(keepPartials: ReadonlySet<string>): Promise<string[]>;
}

/** The bytes of an image, open for one sending: a later `remove` does not disturb it. */
export interface OpenFile {
  /** Writes the range into the sink and closes the file, however it ends; SinkClosed when the receiver left. */
  sendTo(sink: Writable, range: ByteRange): Promise<void>;
  close(): Promise<void>;
}

/** Publishing was refused because the image is in the store already. */
export class FileStoreConflict extends Error {
  constructor(readonly uuid: string) {
    super(`Image ${uuid} is in the image store already.`);
    this.name = 'FileStoreConflict';
  }
}

/** What should be changed is not in the store. */
export class FileStoreMissing extends Error {
  constructor(
    readonly uuid: string,
    what: string,
  ) {
    super(`The image store has no ${what} of ${uuid}.`);
    this.name = 'FileStoreMissing';
  }
}
