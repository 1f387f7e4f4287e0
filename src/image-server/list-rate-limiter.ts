import { subscriberOf } from '../platform/http/client-address.js';

/** The limits of one client address. */
export interface ListLimit {
  /** Lists in progress at a time. */
  concurrent: number;
  /** The refill of the budget, in returned images; scanned ones count less. */
  imagesPerSecond: number;
  /** The size of a full budget, in images. */
  burst: number;
}

/** For the trusted networks: an address may be a proxy in front of many compute nodes. */
const TRUSTED_LIMIT: ListLimit = { concurrent: 32, imagesPerSecond: 50_000, burst: 5_000_000 };
const PUBLIC_LIMIT: ListLimit = { concurrent: 4, imagesPerSecond: 2000, burst: 200_000 };

/** The base cost of a list, in images. */
const REQUEST_COST = 20;
/** Scanning so many images costs as much as returning one. */
const SCANNED_PER_RETURNED = 10;
/** Lists in progress in this process; each holds the text of a step in memory. */
const MAX_CONCURRENT_LISTS = 128;
/** Addresses with a budget in memory; beyond that, those seen longest ago are evicted. */
const MAX_ADDRESSES = 10_000;

interface ClientBudget {
  running: number;
  /** The budget left, in images; negative after a list that was longer. */
  left: number;
  at: number;
}

/** A list in progress. */
export interface AdmittedList {
  spend: (scanned: number, returned: number) => void;
  /** May be called twice. */
  end: () => void;
}

/** A refused list: the seconds to wait, and why. */
export interface RefusedList {
  retryAfter: number;
  reason: string;
}

/**
 * Bounds the lists of each client address (for IPv6 a /64) by a token bucket, and the lists of all by their number. Our own rather than
 * a library's, as a list is charged while it runs and may overdraw its bucket.
 */
export class ListRateLimiter {
  readonly #budgets = new Map<string, ClientBudget>();
  #running = 0;

  constructor(
    private readonly trusted: ListLimit = TRUSTED_LIMIT,
    private readonly untrusted: ListLimit = PUBLIC_LIMIT,
  ) {}

  admit(address: string, isTrusted: boolean, now = performance.now()): AdmittedList | RefusedList {
    const limit = isTrusted ? this.trusted : this.untrusted;
    const budget = this.#budgetOf(`${isTrusted ? 'trusted' : 'public'} ${subscriberOf(address)}`, limit, now);
    if (budget.running >= limit.concurrent) return { retryAfter: 1, reason: `${budget.running} lists for this address are in progress; at most ${limit.concurrent} are accepted` };
    if (budget.left <= 0) {
      const retryAfter = Math.ceil((REQUEST_COST - budget.left) / limit.imagesPerSecond);
      return { retryAfter, reason: `lists for this address took more than ${limit.imagesPerSecond} images a second` };
    }
    if (this.#running >= MAX_CONCURRENT_LISTS) return { retryAfter: 1, reason: `${this.#running} lists are in progress; at most ${MAX_CONCURRENT_LISTS} are accepted` };
    budget.left -= REQUEST_COST;
    return this.#begin(budget);
  }

  #begin(budget: ClientBudget): AdmittedList {
    let isOpen = true;
    budget.running += 1;
    this.#running += 1;
    return {
      spend: (scanned, returned) => void (budget.left -= returned + scanned / SCANNED_PER_RETURNED),
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        budget.running -= 1;
        this.#running -= 1;
      },
    };
  }

  #budgetOf(name: string, limit: ListLimit, now: number): ClientBudget {
    const budget = this.#budgets.get(name) ?? { running: 0, left: limit.burst, at: now };
    budget.left = Math.min(limit.burst, budget.left + (Math.max(0, now - budget.at) / 1000) * limit.imagesPerSecond);
    budget.at = now;
    // Move it to the end of the map, so that the first entry is that of the address seen longest ago.
    this.#budgets.delete(name);
    this.#budgets.set(name, budget);
    if (this.#budgets.size > MAX_ADDRESSES) this.#evictOne();
    return budget;
  }

  #evictOne(): void {
    for (const [name, { running }] of this.#budgets) {
      if (running > 0) continue;
      this.#budgets.delete(name);
      return;
    }
  }
}
