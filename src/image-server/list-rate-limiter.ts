import { subscriberOf } from '../platform/http/client-address.js';

/** What lists may cost one client address, and how many of them it may have under way. */
export interface ListLimit {
  concurrent: number;
  /** Images per second that its lists may pass over and answer, and how many at once after a pause. */
  imagesPerSecond: number;
  burst: number;
}

/** An address in the trusted networks is a compute node, or a server in front of many. */
export const TRUSTED_LIMIT: ListLimit = { concurrent: 32, imagesPerSecond: 50_000, burst: 5_000_000 };
export const PUBLIC_LIMIT: ListLimit = { concurrent: 4, imagesPerSecond: 2000, burst: 200_000 };

/** What a list costs before its first image, in images. */
const REQUEST_COST = 20;
/** To pass over so many images costs as much as to answer one. */
const PASSED_PER_ANSWERED = 10;
/** Lists under way in this process; each has a step of text in memory. */
const MAX_CONCURRENT_LISTS = 128;
/** Addresses that are counted; of more, the ones that asked longest ago are forgotten. */
const MAX_ADDRESSES = 10_000;

interface ClientBudget {
  running: number;
  /** Images left; below zero after a list that was longer than what was left. */
  left: number;
  at: number;
}

/** A list under way. */
export interface AdmittedList {
  spend: (passed: number, answered: number) => void;
  /** Doing it twice is fine. */
  end: () => void;
}

/** A refused list: the seconds to wait, and why. */
export interface RefusedList {
  retryAfter: number;
  reason: string;
}

/** Bounds the lists of each client address (of IPv6 a /64) by a budget that refills, and of all together by their number. */
export class ListRateLimiter {
  readonly #accounts = new Map<string, ClientBudget>();
  #running = 0;

  constructor(
    private readonly trusted: ListLimit = TRUSTED_LIMIT,
    private readonly strangers: ListLimit = PUBLIC_LIMIT,
  ) {}

  admit(address: string, isTrusted: boolean, now = Date.now()): AdmittedList | RefusedList {
    const bound = isTrusted ? this.trusted : this.strangers;
    const account = this.#accountOf(`${isTrusted ? 'trusted' : 'stranger'} ${subscriberOf(address)}`, bound, now);
    if (account.running >= bound.concurrent) return { retryAfter: 1, reason: `${account.running} lists for this address are under way; at most ${bound.concurrent} are accepted` };
    if (account.left <= 0) {
      const retryAfter = Math.ceil((REQUEST_COST - account.left) / bound.imagesPerSecond);
      return { retryAfter, reason: `lists for this address took more than ${bound.imagesPerSecond} images a second` };
    }
    if (this.#running >= MAX_CONCURRENT_LISTS) return { retryAfter: 1, reason: `${this.#running} lists are under way; at most ${MAX_CONCURRENT_LISTS} are accepted` };
    account.left -= REQUEST_COST;
    return this.#begin(account);
  }

  #begin(account: ClientBudget): AdmittedList {
    let isOpen = true;
    account.running += 1;
    this.#running += 1;
    return {
      spend: (passed, answered) => void (account.left -= answered + passed / PASSED_PER_ANSWERED),
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        account.running -= 1;
        this.#running -= 1;
      },
    };
  }

  #accountOf(name: string, bound: ListLimit, now: number): ClientBudget {
    const account = this.#accounts.get(name) ?? { running: 0, left: bound.burst, at: now };
    account.left = Math.min(bound.burst, account.left + (Math.max(0, now - account.at) / 1000) * bound.imagesPerSecond);
    account.at = now;
    // At the end of the map: the first one is that of the address that asked longest ago.
    this.#accounts.delete(name);
    this.#accounts.set(name, account);
    if (this.#accounts.size > MAX_ADDRESSES) this.#forgetOne();
    return account;
  }

  #forgetOne(): void {
    for (const [name, { running }] of this.#accounts) {
      if (running > 0) continue;
      this.#accounts.delete(name);
      return;
    }
  }
}
