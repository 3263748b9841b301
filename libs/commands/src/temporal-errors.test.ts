import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutToBytes } from './temporal-errors.js';

describe('cutToBytes', () => {
  it('gives the longest beginning that fits, and no half characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, bytes) => {
        const cut = cutToBytes(text, bytes);
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        const [next = ''] = text.slice(cut.length);
        if (next !== '') expect(Buffer.byteLength(cut + next)).toBeGreaterThan(bytes);
      }),
    );
  });
});
