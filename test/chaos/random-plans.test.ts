import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, type Stack } from './stack/stack.js';
import { runTrial } from './trial.js';

const minutes = 60_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 4 * minutes);
afterAll(() => stack.stop(), minutes);

describe('random plans, while two Nexuses, Temporal and PostgreSQL are killed and frozen', () => {
  it.each([7, 20])(
    'seed %d: every run ends as the model says, each effect happens once, no event is missed (A8 A9 A10 A11 A16 A21)',
    async (seed) => {
      const { wrong, effects } = await runTrial(stack, {
        seed,
        plans: 8,
        faultsForMs: 25_000,
        settleWithinMs: minutes,
        people: true,
        tell: () => undefined,
      });
      expect(wrong).toEqual([]);
      expect(effects).toBeGreaterThan(20);
    },
    3 * minutes,
  );
});
