/**
 * - `sequence`: five steps, one after the other (W1)
 * - `fanOut`: twenty steps at once and a join (W2)
 * - `children`: ten children of one step and a join (W3)
 */
export const workloads = ['sequence', 'fanOut', 'children'] as const;
export type Workload = (typeof workloads)[number];

export const sequenceSteps = 5;
export const fanOutSteps = 20;
export const childCount = 10;

/** So many runs of a workload, so many at once. */
export interface Load {
  readonly name: string;
  readonly workload: Workload;
  readonly runs: number;
  readonly atOnce: number;
}

export const loads: readonly Load[] = [
  { name: 'W1 at 1', workload: 'sequence', runs: 200, atOnce: 1 },
  { name: 'W1 at 20', workload: 'sequence', runs: 200, atOnce: 20 },
  { name: 'W1 at 100', workload: 'sequence', runs: 200, atOnce: 100 },
  { name: 'W2 at 10', workload: 'fanOut', runs: 60, atOnce: 10 },
  { name: 'W3 at 5', workload: 'children', runs: 30, atOnce: 5 },
];

/** Before anything is measured. */
export const warmUp: Load = { name: 'warm-up', workload: 'sequence', runs: 20, atOnce: 5 };

/** The same with fewer runs: enough to see that everything works, too few to quote. */
export function scaled(load: Load, scale: number): Load {
  return { ...load, runs: Math.max(Math.min(load.atOnce, 4), Math.round(load.runs * scale)) };
}
