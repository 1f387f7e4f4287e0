import { LRUCache } from 'lru-cache';

export interface CacheBounds {
  /** Bytes of all entries together. */
  maxBytes: number;
  /** Bytes of the entries that one user brought. */
  maxBytesPerUser: number;
}

interface Entry<V> {
  value: V;
  bytes: number;
  username: string;
}

/** What was used last, within a bound for all and one for each user, so that nobody drives out what the others use. */
export class OperationCache<V extends object | string> {
  readonly #entries: LRUCache<string, Entry<V>>;
  /** Keys that each user brought, the oldest first, with their bytes together. */
  readonly #shares = new Map<string, { keys: Set<string>; bytes: number }>();

  constructor(private readonly bounds: CacheBounds) {
    this.#entries = new LRUCache({
      maxSize: bounds.maxBytes,
      sizeCalculation: ({ bytes }) => bytes,
      dispose: (entry, key) => this.#release(entry, key),
    });
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Keeps a value that `username` brought, in place of that user's oldest where its share is full. What is larger than a share is not kept. */
  set(key: string, value: V, bytes: number, username: string): void {
    this.#entries.delete(key);
    if (bytes > this.bounds.maxBytesPerUser) return;
    const share = this.#shares.get(username) ?? { keys: new Set<string>(), bytes: 0 };
    for (const oldest of share.keys) {
      if (share.bytes + bytes <= this.bounds.maxBytesPerUser) break;
      this.#entries.delete(oldest);
    }
    this.#shares.set(username, share);
    share.keys.add(key);
    share.bytes += bytes;
    this.#entries.set(key, { value, bytes, username });
  }

  /** Bytes of all entries, as they were given. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  #release({ bytes, username }: Entry<V>, key: string): void {
    const share = this.#shares.get(username);
    if (share === undefined) return;
    share.keys.delete(key);
    share.bytes -= bytes;
    if (share.keys.size === 0) this.#shares.delete(username);
  }
}
