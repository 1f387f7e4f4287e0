/** When a download counts as stalled, and when it gives up. */
export interface RetryPolicy {
  /** How long an outage of the source is survived: from the first failure since the last notable progress. */
  retryForMs: number;
  baseDelayMs: number;
  maxDelayMs: number;
  /** Bytes per second: an attempt that brings less over `rateWindowMs` has stalled, and fails. */
  minRate: number;
  rateWindowMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { retryForMs: 3_600_000, baseDelayMs: 500, maxDelayMs: 60_000, minRate: 1024, rateWindowMs: 60_000 };

/** The longest wait that a Retry-After header is granted: a server may be wrong about days. */
const MOST_RETRY_AFTER_MS = 15 * 60_000;

/** Time and chance, so that a test decides both. */
export interface Clock {
  /** The date, in ms since 1970: somebody may set it. */
  now(): number;
  /** Ms since some moment: only rises. */
  elapsed(): number;
  /** From 0 to 1. */
  random(): number;
}

export const SYSTEM_CLOCK: Clock = { now: () => Date.now(), elapsed: () => performance.now(), random: () => Math.random() };

/** The pause before another attempt. */
export interface Pause {
  /** Failures since the last notable progress. */
  failures: number;
  /** When the outage began, in ms since 1970. */
  since: number;
  waitMs: number;
}

/** Failures in a row of one source: how long to wait after each, and when to give up. */
export class Outage {
  #failures = 0;
  #since = 0;
  #begun = 0;

  constructor(
    private readonly policy: RetryPolicy,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  /** Failures since the last notable progress. */
  get failures(): number {
    return this.#failures;
  }

  /** Forgets the failures, after notable progress. */
  recovered(): void {
    this.#failures = 0;
  }

  /**
   * The pause after one more failure: doubling, with jitter so that many downloads do not return at the same moment, and at least as long
   * as the server asked for within bounds. Null when the time is over.
   */
  failed(askedMs = 0): Pause | null {
    const elapsed = this.clock.elapsed();
    if (this.#failures === 0) [this.#since, this.#begun] = [this.clock.now(), elapsed];
    this.#failures += 1;
    const leftMs = this.#begun + this.policy.retryForMs - elapsed;
    if (leftMs <= 0) return null;
    const full = Math.min(this.policy.maxDelayMs, this.policy.baseDelayMs * 2 ** (this.#failures - 1));
    const backOffMs = full * (0.5 + this.clock.random() / 2);
    const waitMs = Math.min(leftMs, Math.max(backOffMs, Math.min(askedMs, MOST_RETRY_AFTER_MS)));
    return { failures: this.#failures, since: this.#since, waitMs };
  }
}

/** A Retry-After header in ms from now, be it seconds or a date; 0 when there is none that can be read. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/**
 * How many bytes reset the count of failures: a 64th of the file, at least 1 MiB. So a long download survives many outages, but a hostile
 * server cannot keep it alive for ever.
 */
export function notableProgressBytes(expectedSize: number): number {
  return Math.max(1024 * 1024, Math.ceil(expectedSize / 64));
}
