interface MemoEntry<V> {
  value: V;
  expiresAt: number;
}

/** One value per owner, which lives as long as its owner does, and at most `ttlMs` where that is given. */
export class WeakMemo<O extends object, V> {
  readonly #entries = new WeakMap<O, MemoEntry<V>>();

  constructor(private readonly ttlMs = Infinity) {}

  /** Undefined when there is none, or it has expired. */
  get(owner: O): V | undefined {
    const entry = this.#entries.get(owner);
    return entry === undefined || (this.ttlMs !== Infinity && performance.now() >= entry.expiresAt) ? undefined : entry.value;
  }

  getOrCompute(owner: O, compute: (owner: O) => V): V {
    const cached = this.get(owner);
    if (cached !== undefined) return cached;
    const value = compute(owner);
    this.set(owner, value);
    return value;
  }

  set(owner: O, value: V): void {
    this.#entries.set(owner, { value, expiresAt: this.ttlMs === Infinity ? Infinity : performance.now() + this.ttlMs });
  }
}
