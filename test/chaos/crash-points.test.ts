import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { repositoryRoot } from '#ops/set-up/paths';
import { createHome, hookTimeoutMs, type NexusHome } from '../e2e/nexus-process.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { passCrashPoints } from './check/pass-crash-points.js';
import { crashPoints } from './crash-points.js';
import { startLedger, type OutsideLedger } from './outside/ledger.js';

let database: TestDatabase;
let ledger: OutsideLedger;
const homes: NexusHome[] = [];
const home = (name: string): NexusHome => {
  const made = createHome(name);
  homes.push(made);
  return made;
};
const embedded = home('points-embedded');
const postgres = home('points-postgres');
beforeAll(async () => {
  database = await createDatabase('points');
  ledger = await startLedger(embedded.ledger);
}, hookTimeoutMs);
afterAll(async () => {
  await Promise.all(homes.map((each) => each.remove()));
  await ledger.stop();
  await database.drop();
});

const minutes = 60_000;

it(
  'dies at every place, at its first and its second hit, and every run ends as it should (A8 A9 A16 A21)',
  async () => {
    const env = { CHAOS_LEDGER: ledger.url, NEXUS_TOOLS: join(repositoryRoot, 'test/chaos/tools') };
    const start = (at: NexusHome, more: Record<string, string>) => (failpoint: Record<string, string>) =>
      at.start({ ...env, ...more, ...failpoint });
    const [first, second] = await Promise.all([
      passCrashPoints(start(embedded, {}), ledger, crashPoints, 1),
      passCrashPoints(start(postgres, { DATABASE_URL: database.url }), ledger, crashPoints, 2),
    ]);
    expect([...first, ...second]).toEqual([]);
  },
  // Four on two quiet cores: this is for what hangs.
  20 * minutes,
);
