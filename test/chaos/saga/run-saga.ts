import { createCommands, startSweeper, temporalRunGateway } from '#commands';
import type { KeptEffect } from '#contracts';
import { runEnded } from '#contracts';
import type { RunRow } from '#store';
import { createLogger } from '#telemetry';
import { createToolRegistry } from '#tools';
import { until } from '../../e2e/until.js';
import type { RunsFixture } from '../../runs/runs-fixture.js';
import type { PlanTree } from '../model/plan-tree.js';
import { kindsThatRun, randomPlan } from '../model/random-plan.js';
import { seeded } from '../model/seeded.js';
import { sagaDocument } from './saga-plan.js';
import { sagaViolations } from './saga-violations.js';
import type { SagaWorld } from './saga-world.js';

export type Moment = 'when it fails' | 'while it runs' | 'after its end';

export interface Sagas {
  /** Runs a random tree, has it rolled back, and gives what was wrong, with the seed. */
  run(seed: number, moment: Moment): Promise<{ readonly undone: number; readonly wrong: readonly string[] }>;
  stop(): Promise<void>;
}

const context = { tenant: 'default', requestId: 'saga', actor: 'saga' };
const { tenant } = context;
const withinMs = 100_000;

/** Random runs over the workers of a fixture, started and rolled back by the product's own commands. */
export function createSagas({ store, client }: RunsFixture, world: SagaWorld): Sagas {
  const deps = {
    store,
    workflows: temporalRunGateway({ client, uiUrl: null }),
    tools: createToolRegistry(world.tools).facts(),
    agents: [],
    models: [],
    templates: [],
    modelPlanner: null,
    logger: createLogger({ level: 'error' }),
    now: Date.now,
  };
  const commands = createCommands(deps);
  const sweeper = startSweeper(deps);

  async function begin(tree: PlanTree, moment: Moment): Promise<string> {
    const plan = sagaDocument(tree, moment === 'when it fails' ? 'compensate' : 'keep');
    const { run, userErrors } = await commands.startPlan(context, { plan, inputs: {} });
    if (!run) throw new Error(JSON.stringify(userErrors));
    return run.row.id;
  }

  const rowOf = async (runId: string): Promise<RunRow> => {
    const row = await store.runs.get(tenant, runId);
    if (!row) throw new Error(`${runId} is gone`);
    return row;
  };

  /** The run when it has ended, or when it asks a person what has happened. */
  async function isStill(runId: string): Promise<RunRow | null> {
    const row = await rowOf(runId);
    if (runEnded(row.status)) return row;
    const open = await store.approvals.of(tenant, runId);
    return open.some(({ kind, status }) => kind === 'UNCERTAIN' && status === 'PENDING') ? row : null;
  }

  async function rollBack(runId: string): Promise<void> {
    const { userErrors } = await commands.rollbackRun(context, { id: runId, reason: 'saga' });
    if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
  }

  /** Sees to it that the run is rolled back; whether that struck it while it ran. */
  async function haveRolledBack(runId: string, seed: number, moment: Moment): Promise<boolean> {
    if (moment === 'while it runs') {
      const after = seeded(seed + 1).between(1, 8);
      const isTime = async () => world.calls(runId).length >= after || (await isStill(runId)) || null;
      await until(`run ${runId} has begun`, isTime, { withinMs, everyMs: 10 });
      await rollBack(runId);
      return true;
    }
    const { status } = await until(`run ${runId} ends or asks`, () => isStill(runId), {
      withinMs,
      everyMs: 100,
    });
    if (status === 'FAILED' && moment === 'when it fails')
      throw new Error('it failed and is not rolled back');
    if (isRolledBack(status)) return true;
    await rollBack(runId);
    return !runEnded(status);
  }

  async function effectsOf(runId: string): Promise<readonly KeptEffect[]> {
    return (await store.effects.of(tenant, runId, { first: 10_000 })).rows;
  }

  return {
    async run(seed, moment) {
      const tree = randomPlan(seeded(seed), { depth: 2, kinds: kindsThatRun, failing: 0.6 });
      const label = `seed ${seed} ${moment}`;
      try {
        const runId = await begin(tree, moment);
        world.foresee(runId, seed, seed % 2 === 0);
        const live = await haveRolledBack(runId, seed, moment);
        const look = async () => {
          const row = await rowOf(runId);
          return isRolledBack(row.status) ? row : null;
        };
        const run = await until(`run ${runId} is rolled back`, look, { withinMs, everyMs: 100 });
        const [tasks, effects, approvals] = await Promise.all([
          store.tasks.list(tenant, runId),
          effectsOf(runId),
          store.approvals.of(tenant, runId),
        ]);
        const undoFateOf = (path: string) => world.undoFateOf(runId, path);
        const facts = { tree, run, tasks, effects, approvals, calls: world.calls(runId), undoFateOf, live };
        const wrong = sagaViolations(facts).map((what) => `${label}: ${what}`);
        return { undone: effects.filter(({ compensation }) => compensation !== null).length, wrong };
      } catch (error) {
        return { undone: 0, wrong: [`${label}: ${(error as Error).message}`] };
      }
    },
    stop: () => sweeper.stop(),
  };
}

function isRolledBack(status: string): boolean {
  return status === 'ROLLED_BACK' || status === 'ROLLBACK_INCOMPLETE';
}
