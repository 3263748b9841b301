import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRuns } from '../runs/runs-fixture.js';
import type { RunsFixture } from '../runs/runs-fixture.js';
import { createSagaWorld } from './saga/saga-world.js';
import { createSagas } from './saga/run-saga.js';
import type { Sagas } from './saga/run-saga.js';

const world = createSagaWorld();
let runs: RunsFixture;
let sagas: Sagas;
beforeAll(async () => {
  runs = await startRuns(world.tools);
  sagas = createSagas(runs, world);
});
afterAll(async () => {
  await sagas.stop();
  await runs.close();
});

const atOnce = 12;
const first = Number(process.env['SAGA_SEED'] ?? 101);
const moments = ['when it fails', 'while it runs', 'after its end'] as const;

describe('random runs that are rolled back', () => {
  it.each(moments)(
    '%s: what happened or may have is undone once, what rested on it first, and the rest is asked (A12)',
    async (moment) => {
      const seeds = Array.from({ length: atOnce }, (_, nth) => first + nth);
      const seen = await Promise.all(seeds.map((seed) => sagas.run(seed, moment)));
      expect(seen.flatMap(({ wrong }) => wrong)).toEqual([]);
      // It is no test where little is undone.
      expect(seen.reduce((sum, { undone }) => sum + undone, 0)).toBeGreaterThan(atOnce);
    },
  );
});
