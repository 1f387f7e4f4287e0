import { BoundedCache } from '../../platform/memory/bounded-cache.js';
import type { TrustedDocuments } from '../admission/trusted-documents.js';

/** The cache in which Apollo Server keeps persisted queries, by `apq:` and the SHA-256 of the document. */
export interface PersistedQueries {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** Characters of all documents that clients have registered. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Documents that clients may name by their hash: those of the manifest, or, without one, an LRU cache of those that clients sent. */
export function persistedQueries(trusted: TrustedDocuments | null): PersistedQueries {
  if (trusted !== null) {
    return { get: async (key) => trusted.get(key.replace(/^apq:/, '')), set: async () => undefined, delete: async () => false };
  }
  const recent = new BoundedCache<string, string>({ max: MAX_CHARACTERS, maxEntrySize: Math.floor(MAX_CHARACTERS / 10), sizeOf: (document) => document.length + 1 });
  return {
    get: async (key) => recent.get(key),
    set: async (key, value) => void recent.set(key, value),
    delete: async (key) => {
      recent.delete(key);
      return true;
    },
  };
}
