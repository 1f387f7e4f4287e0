import type { FileKey } from './file-key.js';

/** The file (or object) at the root of a store that holds its id. */
export const STORE_ID_FILE = '.store-id';

/** What tells one store from another, in a folder or an object store. Asks and writes nothing before a method is called. */
export interface StoreMark {
  /** Where the store is, as an operator names it: a path, or a URL without credentials. */
  readonly location: string;
  /** The id in the store; null when it has none, or is not there. */
  readId(): Promise<string | null>;
  /** Writes the id of a store that has none, whole or not at all. Returns the id that the store has then: another process may have been first. */
  writeId(id: string): Promise<string | null>;
  /** Whether there is such a folder or bucket. */
  exists(): Promise<boolean>;
  /** Makes the folder if it is missing; a bucket must be there. */
  make(): Promise<void>;
  /** Whether this file is in the store. */
  hasFile(key: FileKey): Promise<boolean>;
}
