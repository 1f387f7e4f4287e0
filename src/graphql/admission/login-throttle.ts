import { subscriberOf } from '../../platform/http/client-address.js';
import { AppError } from '../../platform/errors.js';
import { RateLimiter } from './rate-limiter.js';

/** Sign-ins that failed, by the address they came from: after too many in a minute, no new one is looked at until it is over. */
export class LoginThrottle {
  readonly #rate: RateLimiter;

  constructor(private readonly perMinute: number) {
    this.#rate = new RateLimiter(perMinute);
  }

  /** RATE_LIMITED for an address that has to wait. */
  check(address: string): void {
    const wait = this.#rate.retryAfter(subscriberOf(address));
    if (wait === 0) return;
    const message = `${this.perMinute} sign-ins from ${address} have failed within a minute; sign in again in ${wait} s, with a valid token or API key.`;
    throw new AppError('RATE_LIMITED', message, { retryAfter: wait });
  }

  recordFailure(address: string): void {
    this.#rate.consume(subscriberOf(address));
  }
}
