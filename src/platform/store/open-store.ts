import type { FileStore } from './file-store.js';
import { LocalFileStore } from './local/local-file-store.js';
import { LocalStoreMark } from './local/local-store-mark.js';
import type { OpenedS3Store } from './s3/open-s3-store.js';
import { nameOfS3, type S3Location } from './s3/s3-location.js';
import type { StoreIdentity } from './store-identity.js';
import type { StoreMark } from './store-mark.js';
import type { WriteMode } from './local/write-behind.js';

/** A local folder. */
export interface FolderLocation {
  kind: 'file';
  path: string;
}

/** Where the image store is (IMAGE_STORE). It can be sent to another thread. */
export type StoreLocation = FolderLocation | S3Location;

export interface StoreOptions {
  /** Tells whether the store is that of the catalogue; null accepts any store, and makes its folder. */
  identity: ((mark: StoreMark) => StoreIdentity) | null;
  /** No other process writes to the store, so that a draft may take over the file of an earlier attempt instead of a copy. */
  isSoleOwner: boolean;
  /** How a local file is written; by default without blocking the thread. */
  writeMode?: WriteMode;
}

/** For commands, which have the store that IMAGE_STORE names for themselves or only read it. */
export const ANY_STORE: StoreOptions = { identity: null, isSoleOwner: false };

/** Opens the image store at a location. Nothing is asked of it yet. */
export async function openStore(location: StoreLocation, { identity, isSoleOwner, writeMode }: StoreOptions): Promise<FileStore> {
  if (location.kind === 's3') {
    const { mark, withIdentity } = await openS3(location);
    return withIdentity(identity?.(mark) ?? null);
  }
  const mark = new LocalStoreMark(location.path);
  return new LocalFileStore(location.path, { identity: identity?.(mark) ?? null, isSoleOwner, ...(writeMode && { writeMode }) });
}

/** The mark of the store at a location. */
export async function openStoreMark(location: StoreLocation): Promise<StoreMark> {
  return location.kind === 's3' ? (await openS3(location)).mark : new LocalStoreMark(location.path);
}

/** The location as an operator writes it, without its parameters. */
export function nameOfLocation(location: StoreLocation): string {
  return location.kind === 's3' ? nameOfS3(location) : location.path;
}

/** Only a process that needs the client loads it. */
async function openS3(location: S3Location): Promise<OpenedS3Store> {
  const { openS3Store } = await import('./s3/open-s3-store.js');
  return openS3Store(location);
}
