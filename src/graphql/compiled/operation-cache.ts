import { BoundedCache } from '../../platform/memory/bounded-cache.js';

export interface CacheBounds {
  /** Bytes of all entries together. */
  maxBytes: number;
  /** Bytes of the entries that one user added. */
  maxBytesPerUser: number;
}

interface Entry<V> {
  value: V;
  bytes: number;
  username: string;
}

/** An LRU cache with a bound in all and a bound per user, so that no user can evict the entries of the others. */
export class OperationCache<V extends object | string> {
  readonly #entries: BoundedCache<string, Entry<V>>;
  /** The keys that each user added, oldest first, and their total size. */
  readonly #shares = new Map<string, { keys: Set<string>; bytes: number }>();

  constructor(private readonly bounds: CacheBounds) {
    this.#entries = new BoundedCache({
      max: bounds.maxBytes,
      sizeOf: ({ bytes }) => bytes,
      dispose: (entry, key) => this.#release(entry, key),
    });
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Adds an entry of `username`, and evicts the user's oldest entries when its share is full. Does not add what is larger than a share. */
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

  /** The total size of all entries. */
  get bytes(): number {
    return this.#entries.size;
  }

  #release({ bytes, username }: Entry<V>, key: string): void {
    const share = this.#shares.get(username);
    if (share === undefined) return;
    share.keys.delete(key);
    share.bytes -= bytes;
    if (share.keys.size === 0) this.#shares.delete(username);
  }
}
