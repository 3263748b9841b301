import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationMs, formatDuration, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['0s', 0],
    ['PT5M', 300_000],
    ['P1DT2H', 93_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.5S', 500],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 'm', '5 minutes', '-5s', 'P', 'PT', 'P1Y', '1e3s', '99999d', `${'1'.repeat(80)}s`])(
    'refuses "%s" with what to write instead',
    (text) => {
      expect(durationMs(text)).toBeUndefined();
      expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    },
  );

  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3_000_000_000 }), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)),
    );
    expect(formatDuration(5_400_000)).toBe('1h30m');
  });
});
