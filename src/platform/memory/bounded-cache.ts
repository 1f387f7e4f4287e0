import { LRUCache } from 'lru-cache';

export interface CacheBounds<K, V> {
  /** How many entries it holds; where `sizeOf` is given, the size of all entries together. */
  max: number;
  sizeOf?: (value: V) => number;
  /** Values of a larger size are not cached. */
  maxEntrySize?: number;
  /** How long an entry is valid; without it, until it is evicted. */
  ttlMs?: number;
  /** Called with each entry that is evicted, replaced or deleted. */
  dispose?: (value: V, key: K) => void;
}

/**
 * The one kind of cache: a bounded number of values, of which the least recently used is evicted first. It lives as long as its owner:
 * the object whose field it is, or, in a `WeakMemo`, the object it is keyed by.
 */
export class BoundedCache<K extends string | number, V extends object | string | number | boolean> {
  readonly #entries: LRUCache<K, V>;

  constructor({ max, sizeOf = () => 1, maxEntrySize, ttlMs, dispose }: CacheBounds<K, V>) {
    // Bounded by size even where each entry counts 1: for a number of entries, lru-cache allocates all of them at once.
    this.#entries = new LRUCache({ maxSize: max, sizeCalculation: sizeOf, maxEntrySize, ttl: ttlMs, dispose });
  }

  /** The number of entries, or their size together. */
  get size(): number {
    return this.#entries.calculatedSize;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  getOrCompute(key: K, compute: (key: K) => V): V {
    const cached = this.#entries.get(key);
    if (cached !== undefined) return cached;
    const value = compute(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value);
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
