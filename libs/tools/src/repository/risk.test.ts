import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Hotspots } from './hotspots.js';
import { riskOf, riskWeights } from './risk.js';

function spots(files: Partial<Hotspots['files'][number]>[]): Hotspots {
  const usual = {
    path: 'a.ts',
    commits: 0,
    fixes: 0,
    authors: 2,
    lines: 10,
    last: '',
    untested: false,
    score: 0,
  };
  return { files: files.map((file) => ({ ...usual, ...file })), commits: 100, since: null, notes: [] };
}

describe('riskOf', () => {
  it('adds up its signs, the weightiest first', () => {
    const [file] = riskOf(
      {
        hotspots: spots([{ path: 'a.ts', commits: 20, fixes: 10, authors: 1, lines: 1000, untested: true }]),
        todos: { total: 5, counts: {}, items: [], files: [{ path: 'a.ts', count: 5 }], notes: [] },
        duplicates: {
          blocks: [],
          blockCount: 1,
          duplicatedLines: 500,
          codeLines: 1000,
          share: 0.5,
          files: [{ path: 'a.ts', lines: 500 }],
          notes: [],
        },
      },
      10,
    ).files;
    // Only one author is no sign as long as the history is not known to have several.
    expect(file?.score).toBe(100 - riskWeights.authorship);
    expect(file?.reasons[0]).toEqual({ sign: 'change', points: 30, text: 'changed in 20 commits' });
  });

  it('is full at 100 and never beyond, and its reasons add up to it', () => {
    const file = fc.record({
      path: fc.constantFrom('a', 'b', 'c'),
      commits: fc.nat(1000),
      fixes: fc.nat(1000),
      authors: fc.integer({ min: 1, max: 9 }),
      lines: fc.nat(100_000),
      untested: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: ({ path }) => path }), (files) => {
        for (const { score, reasons } of riskOf({ hotspots: spots(files) }, 10).files) {
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(100);
          expect(reasons.reduce((sum, { points }) => sum + points, 0)).toBe(score);
        }
      }),
    );
    expect(Object.values(riskWeights).reduce<number>((sum, weight) => sum + weight, 0)).toBe(100);
  });

  it('judges few changes as few, though no file has more', () => {
    expect(riskOf({ hotspots: spots([{ commits: 1 }]) }, 10).files[0]?.score).toBe(3);
  });

  it('says what it did without', () => {
    expect(riskOf({}, 10)).toMatchObject({
      files: [],
      notes: [expect.stringContaining('without hotspots, largest')],
    });
  });
});
