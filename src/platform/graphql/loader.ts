import DataLoader from 'dataloader';

/** Creates its DataLoader on first use: each request has many loaders and uses few of them. */
export class Loader<K, V, C = K> {
  #dataLoader: DataLoader<K, V, C> | null = null;

  constructor(
    private readonly batch: DataLoader.BatchLoadFn<K, V>,
    private readonly options?: { cacheKeyFn: (key: K) => C },
  ) {}

  async load(key: K): Promise<V> {
    return this.#loader.load(key);
  }

  /** Values in the order of the keys, with an Error for each key that failed. */
  async loadMany(keys: ArrayLike<K>): Promise<(V | Error)[]> {
    return this.#loader.loadMany(keys);
  }

  /** Caches a value that the caller has loaded already. */
  prime(key: K, value: V): void {
    this.#loader.prime(key, value);
  }

  /** Removes a key from the cache and returns the loader, so that `load` can follow. */
  clear(key: K): this {
    this.#dataLoader?.clear(key);
    return this;
  }

  clearAll(): void {
    this.#dataLoader?.clearAll();
  }

  get #loader(): DataLoader<K, V, C> {
    return (this.#dataLoader ??= new DataLoader(this.batch, this.options));
  }
}
