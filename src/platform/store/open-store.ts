import type { FileStore } from './file-store.js';
import { LocalFileStore } from './local/local-file-store.js';
import { LocalStoreMark } from './local/local-store-mark.js';
import type { StoreIdentity } from './store-identity.js';
import type { StoreMark } from './store-mark.js';
import type { WriteMode } from './local/write-behind.js';

/** Where the image store is (IMAGE_STORE). It can be sent to another thread. */
export interface StoreLocation {
  kind: 'file';
  path: string;
}

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
  const mark = await openStoreMark(location);
  return new LocalFileStore(location.path, { identity: identity?.(mark) ?? null, isSoleOwner, ...(writeMode && { writeMode }) });
}

/** The mark of the store at a location. */
export async function openStoreMark({ path }: StoreLocation): Promise<StoreMark> {
  return new LocalStoreMark(path);
}
