import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TaskPatch } from '#contracts';
import { mergeRunPatch, mergeTaskPatch } from './merge-patch.js';

describe('mergeTaskPatch', () => {
  it('lets the later stand, keeps null, and takes undefined for absent', () => {
    const earlier: TaskPatch = { path: 'a', kind: 'tool', status: 'RUNNING', title: 'x', finishedAt: 1 };
    const later: TaskPatch = { path: 'a', kind: 'tool', status: undefined, finishedAt: null, agent: 'me' };
    expect(mergeTaskPatch(earlier, later)).toEqual({ ...earlier, finishedAt: null, agent: 'me' });
  });

  it('puts attempts together by number', () => {
    const patch = (...attempts: [number, number][]): TaskPatch => ({
      path: 'a',
      kind: 'tool',
      attempts: attempts.map(([number, startedAt]) => ({ number, startedAt })),
    });
    expect(mergeTaskPatch(patch([1, 10], [3, 30]), patch([2, 20], [1, 11]))).toEqual(
      patch([1, 11], [2, 20], [3, 30]),
    );
    expect(mergeTaskPatch(patch([1, 10]), { path: 'a', kind: 'tool' })).toEqual(patch([1, 10]));
  });

  it('gives the same however a row of patches is cut into flushes', () => {
    const patch = fc.record(
      {
        path: fc.constant('a'),
        kind: fc.constant('tool' as const),
        title: fc.option(fc.string()),
        finishedAt: fc.option(fc.nat()),
        attempts: fc.array(fc.record({ number: fc.nat(3), startedAt: fc.nat() }), { maxLength: 3 }),
      },
      { requiredKeys: ['path', 'kind'] },
    );
    fc.assert(
      fc.property(patch, patch, patch, (a, b, c) => {
        expect(mergeTaskPatch(mergeTaskPatch(a, b), c)).toEqual(mergeTaskPatch(a, mergeTaskPatch(b, c)));
      }),
    );
  });
});

describe('mergeRunPatch', () => {
  const error = { code: 'X', message: 'm', retryable: false };

  it('lets the later stand while the run goes on', () => {
    const merged = mergeRunPatch({ status: 'RUNNING', startedAt: 1 }, { status: 'WAITING', waiting: null });
    expect(merged).toEqual({ status: 'WAITING', startedAt: 1, waiting: null });
  });

  it('keeps the end of an ended run, and takes what says nothing of its status', () => {
    const ended = { status: 'SUCCEEDED', finishedAt: 5, output: { inline: 1 } } as const;
    const late = {
      status: 'FAILED',
      finishedAt: 9,
      output: { inline: 2 },
      error,
      temporalRunId: 't',
    } as const;
    expect(mergeRunPatch(ended, late)).toEqual({ ...ended, temporalRunId: 't' });
    expect(mergeRunPatch(ended, { output: { inline: 3 }, finishedAt: 9 })).toEqual({
      ...ended,
      output: { inline: 3 },
    });
  });
});
