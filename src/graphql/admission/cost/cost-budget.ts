/** What a user has spent, as the moment at which its budget is full again: one number says it all, as every budget refills alike. */
type FullAtMs = number;

export interface BudgetStatus {
  /** What can be spent now; below 0 after more was charged than there was. */
  available: number;
  /** What a full budget holds. */
  maximum: number;
  /** What comes back in a second. */
  restoreRate: number;
  /** Whole seconds until the budget is full, when nothing is spent meanwhile. */
  fullInSeconds: number;
}

export interface BudgetSettings {
  /** What comes back in a second; 0: nothing is limited. */
  perSecond: number;
  /** What a full budget holds. */
  burst: number;
}

/** Of costs, after they were turned into times and back. */
const ROUNDING = 1e-6;
/** Budgets that are remembered before those that are full again are forgotten. */
const FIRST_SWEEP = 1000;

/**
 * A budget of cost for each user, refilled continuously (a leaky bucket): whoever spends less than the rate is never limited,
 * and a full budget may be spent at once. All transports and streams of a user share it. Memory is taken only for users
 * whose budget is not full.
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
   * Spends `cost`, or spends nothing and answers the seconds (more than 0) until there is enough. What costs more than a full
   * budget holds needs a full one, but for what was `spent` on the same operation before.
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
   * Spends what has been used already, such as by an event of a stream, and answers the ms until the budget holds something
   * again, 0 when it does. It may be overdrawn, by no more than it holds when full. A negative cost is given back.
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

  /** The ms until the budget holds something again, 0 when it does; spends nothing. */
  waitMs(username: string): number {
    return this.charge(username, 0);
  }

  /** Null when nothing is limited. */
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

  /** How many users have a budget that is not known to be full. */
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
