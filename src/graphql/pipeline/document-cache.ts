import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** A parsed document takes some 80 bytes for each character of its text. */
const BYTES_PER_CHARACTER = 80;
const MAX_BYTES = 12 * 1024 * 1024;

/** Parsed and valid documents, those used last, within a bound of what they take; as Apollo Server's documentStore asks for it. */
export class DocumentCache {
  // One document never drives out all others.
  readonly #documents = new LRUCache<string, DocumentNode>({ maxSize: MAX_BYTES, maxEntrySize: MAX_BYTES / 8, sizeCalculation: bytesOf });

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
