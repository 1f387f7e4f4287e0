const WINDOW_MS = 60_000;

/** How many operations one user may send in a minute, over all transports; 0 is any number. */
export class Rate {
  readonly #counts = new Map<string, number>();
  #windowEnds = 0;

  constructor(private readonly perMinute: number) {}

  /** Counts one operation; 0 when it may run, else the seconds to wait. */
  take(username: string, now = Date.now()): number {
    if (this.perMinute === 0) return 0;
    if (now >= this.#windowEnds) {
      this.#counts.clear();
      this.#windowEnds = now + WINDOW_MS;
    }
    const count = (this.#counts.get(username) ?? 0) + 1;
    this.#counts.set(username, count);
    return count <= this.perMinute ? 0 : Math.max(1, Math.ceil((this.#windowEnds - now) / 1000));
  }
}
