import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunRecord } from '#contracts';
import { takeUnits } from './record-unit.js';

function record(runId: string, more: Partial<RunRecord> = {}): RunRecord {
  return { tenant: 't', runId, events: [], tasks: [], ...more };
}

const segment = (id: string, epoch: number, ...journal: string[]) => ({ segment: { id, epoch, journal } });
const event = (at: number) => ({ type: 'task.progress' as const, at });

describe('takeUnits', () => {
  it('joins records of one run that stand or fall together', () => {
    const { units, members, left } = takeUnits(
      [
        record('a', { events: [event(1), event(2)], ...segment('s', 1, 'x') }),
        record('b', { run: { status: 'RUNNING' } }),
        record('a', { tasks: [{ path: 'p', kind: 'tool', title: 'one' }], ...segment('s', 1, 'y') }),
        record('a', {
          events: [event(3)],
          tasks: [{ path: 'p', kind: 'tool', agent: 'me' }],
          ...segment('s', 1),
        }),
      ],
      10,
    );
    expect(members).toEqual([[0, 2, 3], [1]]);
    expect(left).toEqual([]);
    expect(units[0]).toMatchObject({
      events: [1, 2, 3].map(event),
      eventsUpTo: [2, 2, 3],
      journal: ['x', 'y'],
    });
    expect([...(units[0]?.tasks.values() ?? [])]).toEqual([
      { path: 'p', kind: 'tool', title: 'one', agent: 'me' },
    ]);
  });

  it.each([
    ['one has a name', record('a'), record('a', { once: 'n' })],
    ['the other has a name', record('a', { once: 'n' }), record('a')],
    ['the epochs differ', record('a', segment('s', 1)), record('a', segment('s', 2))],
    ['the segments differ', record('a', segment('s', 1)), record('a', segment('r', 1))],
    ['only one is of a segment', record('a'), record('a', segment('s', 1))],
  ])('leaves the later for the next flush, with all behind it, when %s', (_, first, second) => {
    expect(takeUnits([first, second, first], 10)).toMatchObject({ members: [[0]], left: [1, 2] });
  });

  it('keeps runs of the same ID in two tenants apart', () => {
    expect(takeUnits([record('a'), { ...record('a'), tenant: 'u' }], 10).units).toHaveLength(2);
  });

  it('takes every record once, those of a run in their order, and no more runs than it may', () => {
    const any = fc.record({
      runId: fc.constantFrom('a', 'b', 'c', 'd'),
      once: fc.option(fc.constant('n'), { nil: undefined, freq: 5 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (given, limit) => {
        let queue = given.map(({ runId, once }, index) => record(runId, { once, events: [event(index)] }));
        const written = new Map<string, number[]>();
        while (queue.length > 0) {
          const { units, left } = takeUnits(queue, limit);
          expect(units.length).toBeGreaterThan(0);
          expect(units.length).toBeLessThanOrEqual(limit);
          expect(new Set(units.map(({ runId }) => runId)).size).toBe(units.length);
          for (const { runId, events } of units) {
            written.set(runId, [...(written.get(runId) ?? []), ...events.map(({ at }) => at)]);
          }
          queue = left.map((index) => queue[index] as RunRecord);
        }
        for (const runId of new Set(given.map((one) => one.runId))) {
          const own = given.flatMap((one, index) => (one.runId === runId ? [index] : []));
          expect(written.get(runId)).toEqual(own);
        }
      }),
    );
  });
});
