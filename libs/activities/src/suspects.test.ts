import { describe, expect, it } from '@jest/globals';
import { createSuspects } from './suspects.js';

describe('steps whose workers have died (A17)', () => {
  it('run one at a time once they are suspected, beside those that are not', () => {
    const suspects = createSuspects();
    let woken = 0;
    const wake = () => void woken++;
    const first = suspects.admit(2, wake);
    expect(first).not.toBeNull();
    expect(suspects.admit(3, wake)).toBeNull();
    expect(suspects.admit(1, wake)).not.toBeNull();
    first?.leave();
    expect(woken).toBe(1);
    const second = suspects.admit(3, wake);
    expect(second).not.toBeNull();
    // Leaving twice lets nobody in beside the second.
    first?.leave();
    expect(suspects.admit(2, wake)).toBeNull();
  });
});
