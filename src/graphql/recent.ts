/** The values used last, of at most `mostSize` together; the others are forgotten. */
export class Recent<V> {
  readonly #entries = new Map<string, { value: V; size: number }>();
  #size = 0;

  constructor(private readonly mostSize: number) {}

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** A value larger than a tenth of the whole is not kept, so that one cannot drive out all others. */
  set(key: string, value: V, size: number): void {
    if (size > this.mostSize / 10) return;
    this.delete(key);
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.mostSize) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
