import type { Readable, Writable } from 'node:stream';

/** Bytes `start` to `end`, both inclusive as in an HTTP range. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Size and age of a published file. */
export interface StoredFile {
  /** Bytes. */
  size: number;
  modifiedAt: Date;
}

/**
 * Stores image files: one folder per image with its `manifest` and its `file`, published whole or not at all.
 * An image that is still being written is a *partial*; readers of published images never see it.
 *
 * Every `uuid` must be a lower-case uuid, else BAD_USER_INPUT, because it becomes part of a path or an object key.
 * The store treats symbolic links as absent, so that a link placed here by hand cannot lead out of it.
 */
export interface FileStore {
  /**
   * Throws IMAGE_SERVER_UNAVAILABLE, with location and cause, unless the store can be reached and written; STORE_MISMATCH unless it is the
   * one that the catalogue was written with. A full store passes, as images can be deleted from it.
   */
  check(): Promise<void>;
  /** Throws IMAGE_SERVER_UNAVAILABLE unless the store answers now, or STORE_MISMATCH. Unlike `check`, it makes and writes nothing, and waits as long as it takes. */
  reach(): Promise<void>;
  /** Throws IMAGE_SERVER_UNAVAILABLE, with the bytes needed and free, unless that many bytes fit. */
  requireRoom(bytes: number): Promise<void>;
  /** Does work that writes to the store; when that finds it full, throws IMAGE_SERVER_UNAVAILABLE with the bytes needed (null: unknown) and free. */
  explainFull<T>(bytesNeeded: number | null, work: () => Promise<T>): Promise<T>;
  /** Published images, sorted: those of the gateway and those placed by hand, even if manifest or file is missing. */
  listUuids(): Promise<string[]>;
  /** Folders placed by hand that are left out, as their name is a uuid with capital letters, sorted. */
  listMisnamed(): Promise<string[]>;
  /** Images that have a partial, sorted. */
  listPartials(): Promise<string[]>;
  /** Null when there is none. Throws INVALID_MANIFEST above 1 MiB. */
  readManifest(uuid: string): Promise<string | null>;
  /** Replaces the manifest of a published image atomically. Throws `FileStoreMissing` when the image is not there. */
  writeManifest(uuid: string, text: string): Promise<void>;
  statFile(uuid: string): Promise<StoredFile | null>;
  /** The caller must read the stream to its end or destroy it. A later `remove` does not disturb it. */
  readFile(uuid: string, range?: ByteRange): Promise<Readable | null>;
  /** Opens a file to send all or a range of it; null when there is none. It stays open until it is sent or closed. */
  openFile(uuid: string): Promise<OpenFile | null>;
  /** Bytes written so far; 0 when there is no partial. */
  partialSize(uuid: string): Promise<number>;
  /** Begins or resumes a partial at `offset`: truncates it there, and throws RangeError when `offset` is beyond its end. */
  appendPartial(uuid: string, offset: number): Promise<Writable>;
  /** `size` bytes of a partial from `start` on, or fewer if it is shorter. Throws `FileStoreMissing` when there is none. */
  readPartial(uuid: string, size: number, start?: number): Promise<Readable>;
  /**
   * Publishes the partial durably: once this returns, the image survives a power failure. Throws `FileStoreConflict` when the
   * image exists already and `FileStoreMissing` when there is no partial; neither changes the store.
   */
  publish(uuid: string, manifest: string): Promise<void>;
  /** Does nothing when there is no partial. */
  discardPartial(uuid: string): Promise<void>;
  /** Hides the image from new readers at once, then deletes it. Does nothing when there is none. */
  remove(uuid: string): Promise<void>;
  /**
   * Deletes what a crash left behind: half-removed images, and partials that are not in `keepPartials`, which must name every
   * import that may still continue in any process. Returns the deleted names. Leaves published images and unknown files alone.
   */
  sweep(keepPartials: ReadonlySet<string>): Promise<string[]>;
}

/** An open image file that can be sent once; a later `remove` does not disturb it. */
export interface OpenFile {
  /** Writes the range into the sink, then closes the file, on failure too. Throws SinkClosed when the receiver disconnects. */
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

/** The image or partial to be changed is not in the store. */
export class FileStoreMissing extends Error {
  constructor(
    readonly uuid: string,
    what: string,
  ) {
    super(`The image store has no ${what} of ${uuid}.`);
    this.name = 'FileStoreMissing';
  }
}
