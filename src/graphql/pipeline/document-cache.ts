import type { DocumentNode } from 'graphql';
import { BoundedCache } from '../../platform/memory/bounded-cache.js';

/** Measured: a parsed document takes about 80 bytes of memory per character of its text. */
const BYTES_PER_CHARACTER = 80;
const MAX_BYTES = 12 * 1024 * 1024;

/** An LRU cache of parsed and validated documents, bounded by the memory they take; implements Apollo Server's `documentStore`. */
export class DocumentCache {
  // `maxEntrySize`, so that no single document evicts all others.
  readonly #documents = new BoundedCache<string, DocumentNode>({ max: MAX_BYTES, maxEntrySize: MAX_BYTES / 8, sizeOf: bytesOf });

  async get(hash: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(hash);
  }

  async set(hash: string, document: DocumentNode): Promise<void> {
    this.#documents.set(hash, document);
  }

  async delete(hash: string): Promise<boolean> {
    return this.#documents.delete(hash);
  }
}

function bytesOf({ loc }: DocumentNode): number {
  return BYTES_PER_CHARACTER * (1 + (loc?.source.body.length ?? 0));
}
