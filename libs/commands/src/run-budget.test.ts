import { describe, expect, it } from '@jest/globals';
import { budgetFacts, runBudget } from './run-budget.js';

describe('the budget of a run', () => {
  it('is what is given on top of what stands, and null takes a limit away', () => {
    expect(runBudget({ limit: '1.25', maxTokens: 10 })).toEqual({ limitNanos: 1_250_000_000, maxTokens: 10 });
    const before = { limitNanos: 5, maxTokens: 10, deadline: 7 };
    expect(runBudget({ limit: null, maxModelCalls: 0 }, before)).toEqual({
      maxTokens: 10,
      maxModelCalls: 0,
      deadline: 7,
    });
  });

  it('is told in dollars', () => {
    expect(budgetFacts({ limitNanos: 1_250_000_000, maxModelCalls: 3 })).toEqual({
      limit: '1.25',
      maxModelCalls: 3,
    });
    expect(budgetFacts({})).toEqual({});
  });
});
