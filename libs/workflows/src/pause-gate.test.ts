import { describe, expect, it } from '@jest/globals';
import type { Pause } from '#contracts';
import { pauseSources } from '#contracts';
import { isLifted, liftedBy, pauseOf, withPause } from './pause-gate.js';

const api: Pause = { source: 'API', by: 'ops', since: 10 };

describe('the signal `pause` (A10)', () => {
  it.each([
    ['nothing', undefined, {}],
    ['null', null, {}],
    ['a text', 'for lunch', { reason: 'for lunch' }],
    ['a number', 7 as never, {}],
    ['a source that there is not', { source: 'MOON' as never, by: '' }, {}],
  ])('may carry %s', (_, signal, expected) => {
    expect(pauseOf(signal, 5)).toEqual({ source: 'SIGNAL', by: 'a signal', since: 5, ...expected });
  });

  it('is taken as it is, when it says all', () => {
    const pause = { ...api, reason: 'why', interrupt: true };
    expect(pauseOf(pause, 5)).toEqual(pause);
  });

  it('holds once for each source, from the first time on', () => {
    const again = withPause([api, { ...api, source: 'SIGNAL' }], { ...api, since: 20, reason: 'still' });
    expect(again).toHaveLength(2);
    expect(again).toContainEqual({ ...api, reason: 'still' });
  });

  it('counts for nothing when its resume has overtaken it', () => {
    expect(isLifted(api, { API: 10 })).toBe(true);
    expect(isLifted(api, { API: 9 })).toBe(false);
    expect(isLifted(api, { TEMPORAL: 99 })).toBe(false);
  });
});

describe('the signal `resume`', () => {
  it('lifts what it names, or all', () => {
    expect(liftedBy(undefined)).toEqual(pauseSources);
    expect(liftedBy({ by: 'ops' })).toEqual(pauseSources);
    expect(liftedBy({ sources: ['TEMPORAL', 'MOON' as never] })).toEqual(['TEMPORAL']);
  });
});
