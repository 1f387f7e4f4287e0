import { subscriberOf } from '../../platform/http/client-address.js';
import { AppError } from '../../platform/errors.js';
import { RateLimiter } from './rate-limiter.js';

/** Counts failed sign-ins per client address; after too many in a minute, refuses new sign-ins from there until the minute is over. */
export class LoginThrottle {
  readonly #failures: RateLimiter;

  constructor(private readonly perMinute: number) {
    this.#failures = new RateLimiter(perMinute);
  }

  /** Throws RATE_LIMITED for an address that must wait. */
  check(address: string): void {
    const retryAfter = this.#failures.retryAfter(subscriberOf(address));
    if (retryAfter === 0) return;
    const message = `${this.perMinute} sign-ins from ${address} have failed within a minute; sign in again in ${retryAfter} s, with a valid token or API key.`;
    throw new AppError('RATE_LIMITED', message, { retryAfter });
  }

  recordFailure(address: string): void {
    this.#failures.consume(subscriberOf(address));
  }
}
