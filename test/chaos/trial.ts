import { setTimeout as wait } from 'node:timers/promises';
import { createFollower } from './check/follower.js';
import { atRest } from './check/at-rest.js';
import { violations } from './check/violations.js';
import { expectationOf } from './model/expectation.js';
import { documentOf, type PlanTree } from './model/plan-tree.js';
import { kindsThatRun, randomPlan } from './model/random-plan.js';
import { seeded } from './model/seeded.js';
import { haunt } from './nemesis.js';
import { meddle, type Asked } from './people.js';
import { startPatiently } from './stack/patient.js';
import type { Stack } from './stack/stack.js';
import { until } from '../e2e/until.js';

export interface TrialOptions {
  readonly seed: number;
  /** Plans that are started while faults strike. */
  readonly plans: number;
  readonly faultsForMs: number;
  /** How long a run may take to its rest once nothing strikes any more. */
  readonly settleWithinMs: number;
  /** Whether people pause, kill and cancel. */
  readonly people: boolean;
  readonly tell: (line: string) => void;
}

export interface TrialResult {
  readonly seed: number;
  readonly runs: number;
  readonly effects: number;
  readonly faults: readonly string[];
  readonly endings: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

/**
 * Random plans while faults strike, then quiet, then what must hold of the system as a whole. The seed repeats plans,
 * faults and their times, though not how they fall together.
 */
export async function runTrial(stack: Stack, options: TrialOptions): Promise<TrialResult> {
  const { seed, plans, faultsForMs, settleWithinMs, people, tell } = options;
  const random = seeded(seed);
  const trees = Array.from({ length: plans }, () =>
    randomPlan(random, { depth: 2, kinds: kindsThatRun, failing: 0.3 }),
  );
  const struck: string[] = [];
  const over = Date.now() + faultsForMs;
  const haunted = haunt(stack, seeded(seed + 1), over, (fault) => {
    struck.push(fault);
    tell(`  fault: ${fault}`);
  });
  const settledBy = (): number => over + settleWithinMs + 30_000;
  const runs = trees.map((tree, nth) =>
    followRun(stack, { tree, key: `chaos ${seed} ${nth} ${Date.now()}`, seed: seed * 1_000 + nth }, people, {
      startAt: Date.now() + (nth / plans) * faultsForMs * 0.8,
      giveUpAt: settledBy,
    }),
  );
  await haunted;
  await until('both serve again', () => stack.nodes.every((node) => node.serving()), { withinMs: 90_000 });
  tell('  quiet: waiting for all runs to come to rest');
  const done = await Promise.all(runs.map((run) => run.finish(settleWithinMs)));
  const endings: Record<string, number> = {};
  for (const { ending } of done) endings[ending] = (endings[ending] ?? 0) + 1;
  const ids = new Set(done.map(({ id }) => id));
  const outside = stack.ledger.entries().filter(({ run }) => ids.has(run));
  return {
    seed,
    runs: done.length,
    effects: outside.filter(({ kind }) => kind === 'effect').length,
    faults: struck,
    endings,
    wrong: [...done.flatMap(({ wrong }) => wrong), ...stack.nodes.flatMap((node) => node.faults())],
  };
}

interface Followed {
  readonly finish: (
    withinMs: number,
  ) => Promise<{ readonly id: string; readonly ending: string; readonly wrong: readonly string[] }>;
}

function followRun(
  stack: Stack,
  { tree, key, seed }: { readonly tree: PlanTree; readonly key: string; readonly seed: number },
  people: boolean,
  { startAt, giveUpAt }: { readonly startAt: number; readonly giveUpAt: () => number },
): Followed {
  const asked: Asked = { silences: [] };
  const plan = documentOf(tree);
  const started = (async () => {
    await wait(Math.max(0, startAt - Date.now()));
    const id = await startPatiently(stack.api, plan, key, giveUpAt);
    const follower = createFollower(id);
    const following = follower.untilCompleted(stack.api);
    const meddled = people ? meddle(stack, seeded(seed), id, asked) : Promise.resolve();
    return { id, follower, following, meddled };
  })();
  // Whatever becomes of it is looked at in the end.
  started.catch(() => undefined);

  return {
    async finish(withinMs) {
      const nexus = () => stack.api() ?? stack.nodes[0].serving();
      let id = key;
      try {
        const run_ = await started;
        id = run_.id;
        await run_.meddled;
        const again = await startPatiently(stack.api, plan, key, giveUpAt);
        if (again !== id)
          return { id, ending: 'TWICE', wrong: [`${id}: its key gave a second run, ${again}`] };
        const { run, cancelled } = await atRest(nexus()!, id, withinMs);
        await Promise.race([run_.following, wait(10_000)]);
        const outside = stack.ledger.entries().filter((entry) => entry.run === id);
        const stopped = asked.stopped ?? (cancelled ? ('CANCELLED' as const) : undefined);
        const facts = {
          run,
          expected: expectationOf(tree),
          outside,
          followed: run_.follower.events,
          stopped,
        };
        const broken = asked.silences.flatMap(({ why, from, to }) =>
          outside
            .filter(({ at, kind }) => kind !== 'refused' && at > from && at < to)
            .map(({ path, at }) => `${id}: ${why}, and ${path} happened ${at - from} ms after the grace`),
        );
        const wrong = [...violations(facts), ...broken];
        if (wrong.length > 0) wrong.push(`${id} was ${JSON.stringify(plan)}`);
        return { id, ending: cancelled ? 'UNCERTAIN' : run.status, wrong };
      } catch (error) {
        return { id, ending: 'UNKNOWN', wrong: [`${id}: ${(error as Error).message}`] };
      }
    },
  };
}
