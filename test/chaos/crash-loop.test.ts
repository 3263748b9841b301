import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runEnded } from '#contracts';
import type { RunStatus } from '#contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { readLedger } from '../e2e/ledger.js';
import { createHome, hookTimeoutMs, type NexusProcess } from '../e2e/nexus-process.js';
import { readRun, runPlan, type ShownRun, startPlan } from '../e2e/runs.js';

const home = createHome('crash-loop');
let nexus: NexusProcess;
beforeAll(async () => {
  nexus = await home.start();
}, hookTimeoutMs);
afterAll(() => home.remove());

/** As a supervisor does: whenever it is gone it is started again, until there is nothing more to wait for. */
async function startedAgain<Result>(awaited: Promise<Result>): Promise<Result> {
  let isOver = false;
  const over = awaited.finally(() => (isOver = true));
  over.catch(() => undefined);
  for (;;) {
    await Promise.race([nexus.ended, over]);
    if (isOver) return over;
    // It may be gone again before anybody has seen it ready.
    nexus = await patiently(() => home.start());
  }
}

/** Asks until there is an answer, as clients of a server that comes and goes do. */
async function patiently<Result>(ask: () => Promise<Result | null>): Promise<Result> {
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    await wait(100);
  }
}

async function runToItsEnd(plan: object): Promise<ShownRun> {
  const idempotencyKey = randomUUID();
  const id = await patiently(() => startPlan(nexus, plan, { idempotencyKey }));
  return patiently(async () => {
    const run = await readRun(nexus, id);
    return runEnded(run.status as RunStatus) ? run : null;
  });
}

describe('an input that kills its worker again and again', () => {
  it.each(['auto', 'task'])(
    'ends QUARANTINED, and what else there is goes on (A17, grain: %s)',
    async (grain) => {
      const poison = { id: 'poison', kind: 'tool', tool: 'ledger.fatal', grain, onError: 'continue' };
      const other = { id: 'other', kind: 'tool', tool: 'ledger.quick', needs: ['poison'] };
      const { id, status, tasks } = await startedAgain(runToItsEnd({ grain, tasks: [poison, other] }));
      expect(status).toBe('SUCCEEDED');
      const byPath = new Map(tasks.map((task) => [task.path, task]));
      expect(byPath.get('poison')).toMatchObject({ status: 'FAILED', error: { code: 'QUARANTINED' } });
      expect(byPath.get('other')).toMatchObject({ status: 'SUCCEEDED' });
      const calls = readLedger(home.ledger).filter(({ run, path }) => run === id && path === 'poison');
      expect(calls.length).toBeLessThanOrEqual(6);
      expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
      expect((await runPlan(nexus, { tasks: [{ ...other, needs: [] }] })).status).toBe('SUCCEEDED');
    },
    300_000,
  );
});
