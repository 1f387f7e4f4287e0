/** The time at which a user's budget is full again: all budgets refill at the same rate, so this one number says how much is spent. */
type FullAtMs = number;

export interface BudgetStatus {
  /** What can be spent now; negative when the budget is overdrawn. */
  available: number;
  /** The size of a full budget. */
  maximum: number;
  /** The refill per second. */
  restoreRate: number;
  /** Seconds until the budget is full if nothing more is spent, rounded up. */
  fullInSeconds: number;
}

export interface BudgetSettings {
  /** The refill per second; 0: unlimited. */
  perSecond: number;
  /** The size of a full budget. */
  burst: number;
}

/** The rounding error of a cost that was converted to a time and back. */
const ROUNDING = 1e-6;
/** Number of entries at which full budgets are first swept from memory. */
const FIRST_SWEEP = 1000;

/**
 * A leaky bucket of cost per user: spending below the refill rate is never limited, and a full budget may be spent at once. All
 * transports and streams of a user share one. Holds an entry only for users whose budget is not full. Our own rather than a
 * library's: it settles and gives back costs, overdraws up to a bound, and runs on every request without a promise or timer.
 */
export class CostBudget {
  readonly #fullAt = new Map<string, FullAtMs>();
  readonly #perMs: number;
  readonly #maximum: number;
  #sweepAt = FIRST_SWEEP;

  constructor(
    { perSecond, burst }: BudgetSettings,
    /** A monotonic clock in ms. */
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#perMs = perSecond / 1000;
    this.#maximum = burst;
  }

  /**
   * Spends `cost` and returns 0; or spends nothing and returns the seconds until the budget holds enough. A cost above the size of
   * a full budget needs a full one, less what was `spent` on the same operation before.
   */
  take(username: string, cost: number, spent = 0): number {
    if (this.#perMs === 0) return 0;
    const now = this.now();
    const fullAt = Math.max(now, this.#fullAt.get(username) ?? 0);
    const missing = Math.min(cost, this.#maximum - spent) - (this.#maximum - (fullAt - now) * this.#perMs);
    if (missing > ROUNDING) return missing / this.#perMs / 1000;
    this.#spend(username, fullAt + cost / this.#perMs, now);
    return 0;
  }

  /**
   * Spends a cost that has already been incurred, such as that of an event, and returns the milliseconds until the budget is above
   * zero again, 0 when it is. Overdraws by no more than the size of a full budget. A negative cost is a refund.
   */
  charge(username: string, cost: number): number {
    if (this.#perMs === 0) return 0;
    const now = this.now();
    const fullAt = Math.max(now, this.#fullAt.get(username) ?? 0);
    const overdrawn = now + (2 * this.#maximum) / this.#perMs;
    const next = cost < 0 ? fullAt + cost / this.#perMs : Math.max(fullAt, Math.min(fullAt + cost / this.#perMs, overdrawn));
    this.#spend(username, next, now);
    return Math.max(0, next - now - this.#maximum / this.#perMs);
  }

  /** The milliseconds until the budget is above zero, 0 when it is; spends nothing. */
  waitMs(username: string): number {
    return this.charge(username, 0);
  }

  /** Null when budgets are unlimited. */
  statusOf(username: string): BudgetStatus | null {
    if (this.#perMs === 0) return null;
    const usedMs = Math.max(0, (this.#fullAt.get(username) ?? 0) - this.now());
    return {
      available: Math.floor(this.#maximum - usedMs * this.#perMs),
      maximum: this.#maximum,
      restoreRate: this.#perMs * 1000,
      fullInSeconds: Math.ceil(usedMs / 1000),
    };
  }

  /** The number of entries: users whose budget was not full when last seen. */
  get size(): number {
    return this.#fullAt.size;
  }

  #spend(username: string, fullAt: FullAtMs, now: number): void {
    if (fullAt <= now) {
      this.#fullAt.delete(username);
      return;
    }
    this.#fullAt.set(username, fullAt);
    if (this.#fullAt.size >= this.#sweepAt) this.#sweep(now);
  }

  #sweep(now: number): void {
    for (const [username, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(username);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#fullAt.size);
  }
}
