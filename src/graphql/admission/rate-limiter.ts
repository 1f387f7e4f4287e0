const WINDOW_MS = 60_000;

/** How often each user, or whoever else is named, may do something in a minute; 0 is any number. */
export class RateLimiter {
  readonly #counts = new Map<string, number>();
  #windowEnds = 0;

  constructor(private readonly perMinute: number) {}

  /** Counts one more; 0 when it is within the limit, else the seconds to wait. */
  consume(name: string, now = Date.now()): number {
    if (this.perMinute === 0) return 0;
    if (now >= this.#windowEnds) {
      this.#counts.clear();
      this.#windowEnds = now + WINDOW_MS;
    }
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count <= this.perMinute ? 0 : this.#left(now);
  }

  /** The seconds to wait before one more would be within the limit; counts nothing. */
  retryAfter(name: string, now = Date.now()): number {
    const isSpent = this.perMinute > 0 && now < this.#windowEnds && (this.#counts.get(name) ?? 0) >= this.perMinute;
    return isSpent ? this.#left(now) : 0;
  }

  #left(now: number): number {
    return Math.max(1, Math.ceil((this.#windowEnds - now) / 1000));
  }
}
