import { describe, expect, it } from '@jest/globals';
import { withCall } from './calls.js';

const many = (calls: number, from: Readonly<Record<string, number>> = {}) =>
  Array.from({ length: calls }, (_, n) => `call ${n}`).reduce((sofar, name) => withCall(sofar, name), from);

describe('calls that are counted (A11)', () => {
  it('are counted by their names', () => {
    expect(withCall(withCall({ a: 1 }, 'a', 2), 'b')).toEqual({ a: 3, b: 1 });
  });

  it('are told apart up to a thousand, the rarest forgotten first', () => {
    const calls = many(5_000, { often: 3 });
    expect(Object.keys(calls)).toHaveLength(1_000);
    expect(calls).toMatchObject({ often: 3, 'call 4999': 1 });
    expect(calls).not.toHaveProperty('call 0');
    expect(withCall(calls, 'often')['often']).toBe(4);
  });
});
