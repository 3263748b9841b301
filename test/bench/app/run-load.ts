import type { Load } from '../work/workloads.js';
import type { LoadSeen } from './protocol.js';

/** Does the runs of a load, always so many at once, and times each. */
export async function runLoad(
  { runs, atOnce }: Load,
  run: (id: string) => Promise<unknown>,
  prefix: string,
): Promise<LoadSeen> {
  const latencies: number[] = [];
  let next = 0;
  let failures = 0;
  let firstFailure: string | undefined;
  const startedAt = performance.now();
  const lane = async (): Promise<void> => {
    while (next < runs) {
      const id = `${prefix}-${next++}`;
      const began = performance.now();
      try {
        await run(id);
        latencies.push(performance.now() - began);
      } catch (error) {
        failures++;
        firstFailure ??= String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { seconds: (performance.now() - startedAt) / 1000, latencies, failures, firstFailure };
}
