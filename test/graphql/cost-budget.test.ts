import { describe, expect, it } from 'vitest';
import { CostBudget } from '../../src/graphql/admission/cost/cost-budget.js';
import { rateLimitHeaders } from '../../src/graphql/admission/cost/cost-report.js';

/** A budget of 1000 that refills by 100 a second, and its clock. */
function budgetOf(settings = { perSecond: 100, burst: 1000 }) {
  const clock = { ms: 50_000 };
  return { budget: new CostBudget(settings, () => clock.ms), clock };
}

describe('the budget of a user', () => {
  it('may be spent at once, and then as fast as it refills', () => {
    const { budget, clock } = budgetOf();
    expect(budget.take('a', 1000)).toBe(0);
    expect(budget.take('a', 50)).toBeCloseTo(0.5);
    clock.ms += 499;
    expect(budget.take('a', 50)).toBeGreaterThan(0);
    clock.ms += 1;
    expect(budget.take('a', 50)).toBe(0);
    expect(budget.take('a', 1)).toBeCloseTo(0.01);
  });

  it('refills no further than it holds', () => {
    const { budget, clock } = budgetOf();
    budget.take('a', 600);
    expect(budget.statusOf('a')).toEqual({ available: 400, maximum: 1000, restoreRate: 100, fullInSeconds: 6 });
    clock.ms += 3_600_000;
    expect(budget.statusOf('a')).toEqual({ available: 1000, maximum: 1000, restoreRate: 100, fullInSeconds: 0 });
    expect(budget.take('a', 1000)).toBe(0);
    expect(budget.take('a', 1)).toBeGreaterThan(0);
  });

  it('is nobody else\'s', () => {
    const { budget } = budgetOf();
    budget.take('a', 1000);
    expect([budget.take('a', 1) > 0, budget.take('b', 1000)]).toEqual([true, 0]);
  });

  it('lets through what costs more than it holds once it is full, and is overdrawn by it', () => {
    const { budget, clock } = budgetOf();
    expect(budget.take('a', 5000)).toBe(0);
    expect(budget.statusOf('a')).toMatchObject({ available: -4000, fullInSeconds: 50 });
    clock.ms += 49_000;
    expect(budget.take('a', 5000)).toBeCloseTo(1);
    clock.ms += 1000;
    expect(budget.take('a', 5000)).toBe(0);
  });

  it('is charged with what was used already, overdrawn by no more than it holds', () => {
    const { budget, clock } = budgetOf();
    expect(budget.charge('a', 900)).toBe(0);
    expect(budget.charge('a', 300)).toBeCloseTo(2000);
    expect(budget.waitMs('a')).toBeCloseTo(2000);
    expect(budget.charge('a', 1e9)).toBeCloseTo(10_000);
    clock.ms += 10_000;
    expect(budget.waitMs('a')).toBe(0);
    expect(budget.statusOf('a')).toMatchObject({ available: 0 });
  });

  it('gets back what an operation did not take, and never holds more than it may', () => {
    const { budget } = budgetOf();
    budget.take('a', 800);
    budget.charge('a', -500);
    expect(budget.statusOf('a')).toMatchObject({ available: 700 });
    budget.charge('a', -5000);
    expect(budget.statusOf('a')).toMatchObject({ available: 1000 });
  });

  it('takes memory only until it is full again', () => {
    const { budget, clock } = budgetOf();
    for (let at = 0; at < 100_000; at += 1) {
      budget.take(`user-${at}`, 1);
      clock.ms += 1;
    }
    expect(budget.size).toBeLessThan(2000);
    // Those whose budget is not full stay, however many others come.
    budget.take('spent', 1000);
    for (let at = 0; at < 5000; at += 1) budget.take(`other-${at}`, 1);
    expect(budget.take('spent', 1)).toBeGreaterThan(0);
  });

  it('is off where nothing refills it', () => {
    const { budget } = budgetOf({ perSecond: 0, burst: 10 });
    expect([budget.take('a', 1e9), budget.charge('a', 1e9), budget.waitMs('a'), budget.statusOf('a'), budget.size]).toEqual([0, 0, 0, null, 0]);
  });
});

describe('the RateLimit headers', () => {
  it('tell the policy, what is left and when there is more', () => {
    const status = { available: 99_990, maximum: 500_000, restoreRate: 100_000, fullInSeconds: 5 };
    expect(rateLimitHeaders(status)).toEqual(['ratelimit-policy', '"cost";q=500000;w=5;qu="cost"', 'ratelimit', '"cost";r=99990;t=5']);
    expect(rateLimitHeaders({ ...status, available: -10 }, 2)).toContain('"cost";r=0;t=2');
    expect(rateLimitHeaders(null)).toEqual([]);
  });
});
