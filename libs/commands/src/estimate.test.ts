import { describe, expect, it } from '@jest/globals';
import type { BoundSpec, BoundTask } from '#plan';
import { type EstimateFacts, estimatePlan } from './estimate.js';

const facts: EstimateFacts = {
  actuals: [
    { kind: 'tool', name: 'build', count: 3, ms: 2_000, tokens: 0, costNanos: 0 },
    { kind: 'agent', name: 'fixer', count: 1, ms: 9_000, tokens: 700, costNanos: 50 },
  ],
  nanosPerToken: 2,
  inputs: { all: Array.from({ length: 40 }, () => 0), pause: '2m', at: '1970-01-01T00:01:00Z' },
  now: 20_000,
};

function task(id: string, spec: Partial<BoundSpec> & { kind: string }, ...needs: string[]): BoundTask {
  return { id, needs, expectedMs: 100, spec } as unknown as BoundTask;
}
const tool = (id: string, name: string, ...needs: string[]) =>
  task(id, { kind: 'tool', tool: name }, ...needs);
const estimate = (...tasks: BoundTask[]) => estimatePlan({ tasks }, facts);

describe('the estimate of a plan', () => {
  it('is the longest chain of needs, by experience where there is some', () => {
    const chain = [tool('a', 'build'), tool('b', 'other', 'a'), tool('c', 'build'), tool('d', 'other')];
    expect(estimate(...chain)).toEqual({ tokens: 0, cost: 0, durationMs: 2_100 });
    expect(estimate()).toEqual({ tokens: 0, cost: 0, durationMs: 0 });
  });

  it('takes declared limits where nothing is known', () => {
    const model = task('m', { kind: 'model', call: { maxTokens: 1_000 } });
    expect(estimate(model)).toEqual({ tokens: 1_500, cost: 3_000, durationMs: 5_000 });
    const agent = (name: string) =>
      task('g', { kind: 'agent', agent: { name, limits: { maxTurns: 3, maxTokens: 500 } } as never });
    expect(estimate(agent('fixer'))).toEqual({ tokens: 700, cost: 50, durationMs: 9_000 });
    expect(estimate(agent('new'))).toEqual({ tokens: 500, cost: 1_000, durationMs: 100 });
  });

  it('takes the dearest way of a branch, some turns of a loop, the rounds of a map', () => {
    const [cheap, dear] = [[tool('x', 'other')], [tool('y', 'build')]];
    const branch = task('b', { kind: 'branch', cases: [{ if: '', tasks: cheap }], otherwise: dear });
    expect(estimate(branch).durationMs).toBe(2_000);
    const loop = (maxIterations: number) => task('l', { kind: 'loop', maxIterations, tasks: cheap });
    expect([estimate(loop(2)).durationMs, estimate(loop(5_000)).durationMs]).toEqual([200, 300]);
    const map = (over: string | number[]) => task('m', { kind: 'map', over, concurrency: 4, tasks: dear });
    expect(estimate(map([1, 2, 3, 4, 5])).durationMs).toBe(4_000);
    expect(estimate(map('${inputs.all}')).durationMs).toBe(20_000);
    expect(estimate(map('${inputs.all.slice(0, 8)}')).durationMs).toBe(4_000);
    expect(estimate(map('${tasks.a.output}')).durationMs).toBe(6_000);
    const sub = task('s', { kind: 'plan', plan: { tasks: [map('${inputs.all}')] } as never });
    expect(estimate(sub).durationMs).toBe(6_000);
    expect(estimate(map(Array.from({ length: 10_000_000 }, () => 0))).durationMs).toBe(2 ** 31 - 1);
  });

  it('counts the waits whose length is known before the run', () => {
    const wait = (spec: object, ...needs: string[]) => task('w', { kind: 'wait', ...spec }, ...needs);
    const length = (spec: object) => estimate(wait(spec)).durationMs;
    expect(length({ for: '10m' })).toBe(600_000);
    expect(length({ for: 1_500 })).toBe(1_500);
    expect(length({ for: '${inputs.pause}' })).toBe(120_000);
    expect(length({ until: '${inputs.at}' })).toBe(40_000);
    expect(length({ until: '1970-01-01T00:00:00Z' })).toBe(0);
    expect(length({ for: '${tasks.a.output}' })).toBe(100);
    expect(estimate(tool('a', 'build'), wait({ for: '1s' }, 'a')).durationMs).toBe(3_000);
  });
});
