import { AppError } from '../../../platform/errors.js';
import type { ReadTime } from '../../../platform/database/read/operation.js';
import { type BudgetSettings, type BudgetStatus, CostBudget } from './cost-budget.js';
import { WEIGHTS } from './cost-weights.js';
import { costOfMicroseconds, type OperationCost, US_PER_COST } from './operation-costs.js';

const SIGNED_IN = costOfMicroseconds(WEIGHTS.operation);
const REFUSED = costOfMicroseconds(WEIGHTS.refusal);

/** What has been charged for one operation. */
export interface Charges {
  readonly username: string;
  /** The total so far, without what `chargeExtra` charged. */
  charged: number;
  /** The estimate; null before admission. */
  cost: OperationCost | null;
  /** The share charged because graphql-js executes the operation. */
  interpreted: number;
  isSettled: boolean;
}

/** RATE_LIMITED, because the budget holds less than an operation costs. */
export class BudgetExceeded extends AppError {
  constructor(
    message: string,
    readonly status: BudgetStatus,
    readonly retryAfter: number,
    cost: number,
  ) {
    super('RATE_LIMITED', message, { retryAfter, cost, available: status.available, maximum: status.maximum, restoreRate: status.restoreRate });
  }
}

function budgetExceeded(cost: number, seconds: number, status: BudgetStatus): BudgetExceeded {
  const { available, maximum, restoreRate } = status;
  const retryAfter = Math.max(1, Math.ceil(seconds));
  const message = `The operation costs ${cost}, and your budget holds ${available} of ${maximum}; it refills by ${restoreRate} a second. Send it again in ${retryAfter} s.`;
  return new BudgetExceeded(message, status, retryAfter, cost);
}

/**
 * Charges users for their operations, on every transport: a base cost at sign-in, the estimate at admission, and at the end the
 * actual time of counts, filters and searches in place of the estimated one.
 */
export class CostLedger {
  readonly budget: CostBudget;

  constructor(settings: BudgetSettings) {
    this.budget = new CostBudget(settings);
  }

  /** Charges the base cost of an operation. Throws RATE_LIMITED when the budget holds less. */
  chargeSignIn(username: string): Charges {
    this.#take({ username, charged: 0 }, SIGNED_IN);
    return { username, charged: SIGNED_IN, cost: null, interpreted: 0, isSettled: false };
  }

  /** Charges the estimated cost, once per operation however often it is admitted. Throws RATE_LIMITED when the budget holds less. */
  admit(charges: Charges, cost: OperationCost): void {
    if (charges.cost !== null) return;
    this.#take(charges, cost.total);
    charges.charged = Math.max(charges.charged, cost.total);
    charges.cost = cost;
  }

  /** Call once the operation has run or was refused: refunds what its scans did not take, or charges what they took beyond the estimate. */
  settle(charges: Charges, { cpuMs, waitMs }: ReadTime): void {
    const { cost, isSettled, username } = charges;
    if (isSettled) return;
    charges.isSettled = true;
    if (cost === null) return this.chargeExtra(charges, REFUSED);
    if (!cost.hasScans) return;
    // Waiting counts up to the estimate only, so that a database that is slow for other reasons costs callers nothing extra.
    const scans = (cpuMs * 1000) / US_PER_COST + Math.min((waitMs * 1000) / US_PER_COST, cost.total - cost.withoutScans);
    const actual = cost.withoutScans + charges.interpreted + Math.ceil(scans);
    this.budget.charge(username, actual - charges.charged);
    charges.charged = actual;
  }

  /** Call when graphql-js executes a query, which takes several times as long as compiled code. */
  chargeInterpreter(charges: Charges): void {
    const { cost, interpreted, username } = charges;
    if (cost === null || interpreted > 0) return;
    charges.interpreted = Math.ceil((cost.withoutScans - SIGNED_IN) * (WEIGHTS.interpreted - 1));
    charges.charged += charges.interpreted;
    this.budget.charge(username, charges.interpreted);
  }

  /** Charges work that is not part of the operation's cost, such as validating a new document. */
  chargeExtra({ username }: Charges, cost: number): void {
    this.budget.charge(username, cost);
  }

  /** Charges writing one event to one reader of a stream. */
  chargeReader({ username }: Charges): void {
    this.budget.charge(username, WEIGHTS.reader / US_PER_COST);
  }

  statusOf({ username }: Charges): BudgetStatus | null {
    return this.budget.statusOf(username);
  }

  #take({ username, charged }: Pick<Charges, 'username' | 'charged'>, cost: number): void {
    const seconds = cost <= charged ? 0 : this.budget.take(username, cost - charged, charged);
    const status = seconds > 0 ? this.budget.statusOf(username) : null;
    if (status !== null) throw budgetExceeded(cost, seconds, status);
  }
}
