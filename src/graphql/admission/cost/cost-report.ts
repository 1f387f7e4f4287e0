import type { BudgetStatus } from './cost-budget.js';

/** `extensions.cost` of a response: the estimated and the actual cost of its operation, and the caller's budget. */
export interface CostExtension extends Partial<BudgetStatus> {
  requested?: number;
  actual?: number;
}

/** What an operation was charged; `requested` is null when it was refused before its cost was known. */
export interface Charged {
  requested: number | null;
  actual: number;
}

/** Builds `extensions.cost`; without a budget (COST_PER_SECOND=0) it has only what the operation cost. */
export function costExtension({ requested, actual }: Charged, status: BudgetStatus | null): CostExtension {
  const { available, maximum, restoreRate, fullInSeconds } = status ?? {};
  const asked = requested ?? undefined;
  return status === null ? { requested: asked, actual } : { requested: asked, actual, available, maximum, restoreRate, fullInSeconds };
}

/**
 * The RateLimit fields of draft-ietf-httpapi-ratelimit-headers-10, as a flat list of names and values: what is left (`r`) and the
 * seconds (`t`) until the budget is full, or until a refused operation may be sent again. Empty without a budget.
 */
export function rateLimitHeaders(status: BudgetStatus | null, retryAfter?: number): readonly string[] {
  if (status === null) return [];
  const { available, maximum, restoreRate, fullInSeconds } = status;
  const policy = `"cost";q=${maximum};w=${Math.ceil(maximum / restoreRate)};qu="cost"`;
  return ['ratelimit-policy', policy, 'ratelimit', `"cost";r=${Math.max(0, available)};t=${retryAfter ?? fullInSeconds}`];
}
