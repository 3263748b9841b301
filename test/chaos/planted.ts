import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import type { PlantedBugName } from '#failpoints';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { Client } from 'pg';
import { createHome, type Environment } from '../e2e/nexus-process.js';
import { readRun, startPlan } from '../e2e/runs.js';
import { until } from '../e2e/until.js';
import { launchPostgres } from '../support/start-postgres.js';
import { atRest } from './check/at-rest.js';
import { heldStill, passCrashPoints } from './check/pass-crash-points.js';
import { violations } from './check/violations.js';
import { crashPoints, effect } from './crash-points.js';
import { expectationOf } from './model/expectation.js';
import { documentOf, type PlanTree } from './model/plan-tree.js';
import { startLedger } from './outside/ledger.js';
import { superviseNode } from './stack/node.js';
import { startStack, type Stack } from './stack/stack.js';

/** What the suite says when it is run against a Nexus with this environment. */
type Scenario = (env: Environment) => Promise<readonly string[]>;

/** For each bug the part of the suite that is there to find it. */
export const scenarios: Readonly<Record<PlantedBugName, Scenario>> = {
  'effect-without-key': dyingAt('effect.after', 1),
  'record-not-once': dyingAt('record.after', 1),
  'cursor-off-by-one': dyingAt('effect.after', 2),
  'journal-acknowledged-early': slowJournal,
  'no-epoch-fence': awakening,
  'lost-pause': pausing,
};

/** Plants a bug and lets the suite look for it; what it finds first is the detail. */
export async function findPlanted(name: PlantedBugName): Promise<{ found: boolean; detail: string }> {
  const wrong = await scenarios[name]({ NEXUS_CHAOS: '1', NEXUS_PLANTED_BUG: name }).catch((error: Error) => [
    error.message,
  ]);
  return { found: wrong.length > 0, detail: wrong[0] ?? 'nothing was wrong' };
}

function dyingAt(point: string, hit: number): Scenario {
  return async (env) => {
    const home = createHome('planted');
    const ledger = await startLedger(home.ledger);
    const more = { ...env, CHAOS_LEDGER: ledger.url, NEXUS_TOOLS: join(repositoryRoot, 'test/chaos/tools') };
    try {
      const points = crashPoints.filter(({ name }) => name === point);
      return await passCrashPoints((failpoint) => home.start({ ...more, ...failpoint }), ledger, points, hit);
    } finally {
      await home.remove();
      await ledger.stop();
    }
  };
}

const chain = (length: number, slowMs: number): PlanTree => ({
  tasks: Array.from({ length }, (_, nth) =>
    effect(`e${nth}`, nth === 0 ? [] : [`e${nth - 1}`], { fate: { kind: 'slow', ms: slowMs } }),
  ),
});

/** The journal cannot be written while an effect without a key is due; then the process dies. */
async function slowJournal(env: Environment): Promise<readonly string[]> {
  const postgres = await launchPostgres(cacheFolder(), { fsync: 'off' });
  const home = createHome('planted');
  const ledger = await startLedger(home.ledger);
  const tools = join(repositoryRoot, 'test/chaos/tools');
  const node = superviseNode('it', home, {
    ...env,
    DATABASE_URL: postgres.url,
    CHAOS_LEDGER: ledger.url,
    NEXUS_TOOLS: tools,
  });
  const client = new Client({ connectionString: postgres.url });
  try {
    const nexus = await until('it serves', () => node.serving(), { withinMs: 120_000 });
    await client.connect();
    const tree: PlanTree = {
      tasks: [{ id: 'once', needs: [], onError: 'fail', kind: 'naive', fate: { kind: 'slow', ms: 500 } }],
    };
    await client.query('begin; lock table journal in access exclusive mode');
    const id = await startPlan(nexus, documentOf(tree));
    await until('its effect happens, if it does', () => ledger.entries().length > 0, {
      withinMs: 3_000,
    }).catch(() => undefined);
    node.kill();
    await until('it is gone', () => node.serving() !== nexus);
    await client.query('commit');
    const again = await until('it serves again', () => node.serving(), { withinMs: 120_000 });
    const { run, cancelled } = await atRest(again, id);
    const stopped = cancelled ? ('CANCELLED' as const) : undefined;
    return violations({ run, expected: expectationOf(tree), outside: ledger.entries(), stopped });
  } finally {
    await client.end().catch(() => undefined);
    await node.stop();
    await home.remove();
    await ledger.stop();
    await postgres.stop();
  }
}

/** A worker is frozen until another has taken over its work, and then goes on where it was. */
async function awakening(env: Environment): Promise<readonly string[]> {
  return withStack(env, async (stack) => {
    const tree = chain(8, 1_500);
    const id = await startPlan(stack.api()!, documentOf(tree));
    const worker = await until('a worker has begun', async () => {
      const { events } = await readRun(stack.api()!, id);
      return events.find(({ type }) => type === 'task.started')?.data?.['worker'] as string | undefined;
    });
    const node = stack.nodes.find(({ serving }) => worker.startsWith(`${serving()?.pid}@`));
    if (node === undefined) throw new Error(`nobody here is the worker ${worker}`);
    const other = stack.nodes.find((each) => each !== node)!;
    // The server may give the work to the frozen one again, and then waits for that one in vain once more.
    const taken = until('another has taken over', async () => {
      const { events } = await readRun(other.serving()!, id);
      const workers = events
        .filter(({ type }) => type === 'task.started')
        .map(({ data }) => data?.['worker']);
      return workers.some((each) => each !== worker);
    });
    await node.freeze(taken);
    await atRest(other.serving()!, id);
    // What it had left to do in spite of all it does now.
    await wait(3_000);
    const run = await readRun(other.serving()!, id);
    const facts = { run, expected: expectationOf(tree), outside: stack.ledger.entries() };
    return [...violations(facts), ...stack.nodes.flatMap(({ faults }) => faults())];
  });
}

/** A run is paused in the middle of a segment. */
async function pausing(env: Environment): Promise<readonly string[]> {
  return withStack(env, async (stack) => {
    const nexus = stack.api()!;
    const tree = chain(12, 400);
    const id = await startPlan(nexus, documentOf(tree));
    const count = () => stack.ledger.entries().length;
    await until('it has begun', () => count() > 1);
    await nexus.graphql('mutation ($id: ID!) { pauseRun(id: $id) { run { status } } }', { id });
    const moved = await heldStill(nexus, id, count);
    await nexus.graphql('mutation ($id: ID!) { resumeRun(id: $id) { run { status } } }', { id });
    const { run } = await atRest(nexus, id);
    return [...moved, ...violations({ run, expected: expectationOf(tree), outside: stack.ledger.entries() })];
  });
}

async function withStack<Result>(env: Environment, use: (stack: Stack) => Promise<Result>): Promise<Result> {
  const stack = await startStack(env);
  try {
    return await use(stack);
  } finally {
    await stack.stop();
  }
}
