const WINDOW_MS = 60_000;

/**
 * Counts events per key in fixed windows of a minute; 0 allows any number. Our own rather than a library's, as those have a promise per
 * call and a timer per key; one window for all keys is one map that is cleared at once.
 */
export class RateLimiter {
  readonly #counts = new Map<string, number>();
  #windowEnds = 0;

  constructor(private readonly perMinute: number) {}

  /** Counts an event; returns 0 within the limit, else the seconds to wait. */
  consume(key: string, now = performance.now()): number {
    if (this.perMinute === 0) return 0;
    if (now >= this.#windowEnds) {
      this.#counts.clear();
      this.#windowEnds = now + WINDOW_MS;
    }
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= this.perMinute ? 0 : this.#secondsLeft(now);
  }

  /** The seconds until another event would be within the limit; counts nothing. */
  retryAfter(key: string, now = performance.now()): number {
    const isSpent = this.perMinute > 0 && now < this.#windowEnds && (this.#counts.get(key) ?? 0) >= this.perMinute;
    return isSpent ? this.#secondsLeft(now) : 0;
  }

  #secondsLeft(now: number): number {
    return Math.max(1, Math.ceil((this.#windowEnds - now) / 1000));
  }
}
