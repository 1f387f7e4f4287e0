/** When a download gives up. */
export interface RetryPolicy {
  /** Attempts in a row that bring no notable progress, the first one counted. */
  attempts: number;
  baseDelayMs: number;
  maxDelayMs: number;
  /** An attempt fails when no byte arrives for so long. */
  idleTimeoutMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, baseDelayMs: 500, maxDelayMs: 30_000, idleTimeoutMs: 60_000 };

/** Milliseconds to wait after failure number `failures` (from 1): doubling, with jitter so that many downloads do not retry at the same moment. */
export function backOffMs(policy: RetryPolicy, failures: number): number {
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failures - 1));
  return full * (0.5 + Math.random() / 2);
}

/**
 * How many bytes reset the count of failures: a 64th of the file, at least 1 MiB. So a long download survives many broken connections,
 * but a hostile server cannot keep it alive for ever.
 */
export function notableProgressBytes(expectedSize: number): number {
  return Math.max(1024 * 1024, Math.ceil(expectedSize / 64));
}
