import DataLoader from 'dataloader';

/** A DataLoader that is made at its first use: each request has many, and uses few. */
export class Loader<K, V, C = K> {
  #made: DataLoader<K, V, C> | null = null;

  constructor(
    private readonly batch: DataLoader.BatchLoadFn<K, V>,
    private readonly options?: { cacheKeyFn: (key: K) => C },
  ) {}

  async load(key: K): Promise<V> {
    return this.#loader.load(key);
  }

  /** An Error in the place of each that failed. */
  async loadMany(keys: ArrayLike<K>): Promise<(V | Error)[]> {
    return this.#loader.loadMany(keys);
  }

  /** What is known already is not read again. */
  prime(key: K, value: V): void {
    this.#loader.prime(key, value);
  }

  /** Forgets it, and is itself again. */
  clear(key: K): this {
    this.#made?.clear(key);
    return this;
  }

  clearAll(): void {
    this.#made?.clearAll();
  }

  get #loader(): DataLoader<K, V, C> {
    return (this.#made ??= new DataLoader(this.batch, this.options));
  }
}
