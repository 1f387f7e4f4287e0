import type { BudgetStatus } from './cost-budget.js';

/** `extensions.cost` of an answer: what its operation was expected to cost, what it did cost, and what the caller has left. */
export interface CostExtension extends Partial<BudgetStatus> {
  requested?: number;
  actual?: number;
}

/** Charged for an operation: `requested` is null when it was refused before its cost was known. */
export interface Charged {
  requested: number | null;
  actual: number;
}

/** `extensions.cost`. Without a budget (COST_PER_SECOND=0) there is only what the operation cost. */
export function costExtension({ requested, actual }: Charged, status: BudgetStatus | null): CostExtension {
  const { available, maximum, restoreRate, fullInSeconds } = status ?? {};
  const asked = requested ?? undefined;
  return status === null ? { requested: asked, actual } : { requested: asked, actual, available, maximum, restoreRate, fullInSeconds };
}

/**
 * The RateLimit fields of draft-ietf-httpapi-ratelimit-headers-10, as names and values in turn: what is left (`r`), and the
 * seconds (`t`) until the budget is full, or until a refused operation may be sent again. Empty without a budget.
 */
export function rateLimitHeaders(status: BudgetStatus | null, retryAfter?: number): readonly string[] {
  if (status === null) return [];
  const { available, maximum, restoreRate, fullInSeconds } = status;
  const policy = `"cost";q=${maximum};w=${Math.ceil(maximum / restoreRate)};qu="cost"`;
  return ['ratelimit-policy', policy, 'ratelimit', `"cost";r=${Math.max(0, available)};t=${retryAfter ?? fullInSeconds}`];
}
