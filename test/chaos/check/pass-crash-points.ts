import { setTimeout as wait } from 'node:timers/promises';
import type { NexusProcess } from '../../e2e/nexus-process.js';
import { readRun } from '../../e2e/runs.js';
import { until } from '../../e2e/until.js';
import { everything, type CrashPoint, type PersonsCommand } from '../crash-points.js';
import { expectationOf } from '../model/expectation.js';
import { documentOf, type PlanTree } from '../model/plan-tree.js';
import { sagaDocument } from '../saga/saga-plan.js';
import type { OutsideLedger } from '../outside/ledger.js';
import { askPatiently, startPatiently, type Api } from '../stack/patient.js';
import { atRest } from './at-rest.js';
import { createFollower, type Follower } from './follower.js';
import { rollbackViolations } from './rollback-violations.js';
import { violations } from './violations.js';

const treeOf = ({ tree = everything }: CrashPoint): PlanTree => tree;
const planOf = (point: CrashPoint): object =>
  point.saga ? sagaDocument(treeOf(point), 'compensate') : documentOf(treeOf(point));

type Start = (failpoint: Record<string, string>) => Promise<NexusProcess>;

/** A run that was there when the process died; its ID may have been lost with the answer. */
interface Subject {
  readonly point: CrashPoint;
  readonly place: string;
  readonly key: string;
  follower?: Follower;
  id?: string;
}

const withinMs = 45_000;
/** For a run that is long of itself. */
const longRunMs = 180_000;
/** Long enough for what would run on in spite of a pause to show. */
const quietMs = 1_200;

const mutations: Readonly<Record<Exclude<PersonsCommand, 'decideApproval'>, string>> = {
  cancelRun: 'mutation ($id: ID!) { cancelRun(id: $id) { run { status } } }',
  pauseRun: 'mutation ($id: ID!) { pauseRun(id: $id, reason: "chaos") { run { status } } }',
  resumeRun: 'mutation ($id: ID!) { resumeRun(id: $id) { run { status } } }',
  killRun: 'mutation ($id: ID!) { killRun(id: $id, reason: "chaos") { run { status } } }',
  rollbackRun: 'mutation ($id: ID!) { rollbackRun(id: $id, reason: "chaos") { run { status } } }',
};
const asked = '{ approvals { edges { node { id runId } } } }';
const approve = 'mutation ($id: ID!) { decideApproval(id: $id, approve: true) { userErrors { code } } }';

/**
 * One life after the other: each recovers and checks what the one before it left, and then ends at a place of its
 * own. Gives all that was wrong.
 */
export async function passCrashPoints(
  start: Start,
  ledger: OutsideLedger,
  points: readonly CrashPoint[],
  hit: number,
): Promise<string[]> {
  const wrong: string[] = [];
  let left: readonly Subject[] = [];
  for (const point of points) {
    const place = `${point.name}:${hit}`;
    const nexus = await start({ NEXUS_FAILPOINT: `${place}@signal` });
    wrong.push(...(await checkAll(nexus, ledger, left)));
    process.kill(nexus.pid, 'SIGUSR2');
    left = await dieAt(nexus, point, place, hit, wrong);
  }
  const nexus = await start({});
  wrong.push(...(await checkAll(nexus, ledger, left)));
  await nexus.stop();
  return wrong;
}

async function dieAt(
  nexus: NexusProcess,
  point: CrashPoint,
  place: string,
  hit: number,
  wrong: string[],
): Promise<readonly Subject[]> {
  let alive = true;
  void nexus.ended.then(() => (alive = false));
  // What a command comes by once needs as many commands as hits.
  const needed = point.commands ? hit : 1;
  const own = Array.from({ length: needed }, (_, nth): Subject => ({ point, place, key: `${place}#${nth}` }));
  const provoked = provoke(nexus, () => alive, own).catch((error: Error) => error.message);
  const reachedWithinMs = point.tree ? longRunMs : withinMs;
  await until(`it dies at ${place}`, () => !alive, { withinMs: reachedWithinMs }).catch(() => undefined);
  if (alive) {
    wrong.push(`${place}: nothing came by there`);
    await nexus.kill();
  } else if (!nexus.log().includes(`failpoint ${point.name}`)) {
    wrong.push(`${place}: it died elsewhere: ${nexus.log()}`);
  }
  await provoked;
  return own;
}

/** Does what leads to the place. It stops when the process does: nobody is there to answer. */
async function provoke(nexus: NexusProcess, isAlive: () => boolean, own: readonly Subject[]): Promise<void> {
  const api = () => (isAlive() ? nexus : null);
  const giveUpAt = (): number => (isAlive() ? Date.now() + withinMs : 0);
  for (const subject of own) {
    subject.id = await startPatiently(api, planOf(subject.point), subject.key, giveUpAt);
    subject.follower = createFollower(subject.id);
    subject.follower.resume(nexus);
    for (const command of subject.point.commands ?? []) {
      if (command === 'decideApproval') await sayYes(api, subject.id, giveUpAt);
      else if (command !== 'startPlan')
        await askPatiently(api, mutations[command], { id: subject.id }, giveUpAt);
    }
  }
}

/** Approves what the run asks, once it does. */
async function sayYes(api: Api, runId: string, giveUpAt: () => number): Promise<void> {
  const question = await until(
    `run ${runId} asks`,
    async () => {
      const { data } = await askPatiently(api, asked, {}, giveUpAt);
      const edges = data.approvals.edges as { node: { id: string; runId: string } }[];
      return edges.find(({ node }) => node.runId === runId)?.node;
    },
    { withinMs },
  );
  await askPatiently(api, approve, { id: question.id }, giveUpAt);
}

async function checkAll(
  nexus: NexusProcess,
  ledger: OutsideLedger,
  subjects: readonly Subject[],
): Promise<string[]> {
  for (const subject of subjects) subject.follower?.resume(nexus);
  return (await Promise.all(subjects.map((subject) => check(nexus, ledger, subject)))).flat();
}

async function check(nexus: NexusProcess, ledger: OutsideLedger, subject: Subject): Promise<string[]> {
  const { point, place, key, follower } = subject;
  const { commands = [] } = point;
  const api = () => nexus;
  const giveUpAt = () => Date.now() + withinMs;
  const wrong: string[] = [];
  try {
    // With the same key it is the same run, whether its first answer was heard or not.
    const id = await startPatiently(api, planOf(point), key, giveUpAt);
    if (subject.id !== undefined && subject.id !== id) return [`${place}: its key gave a second run, ${id}`];
    const entries = () => ledger.entries().filter(({ run }) => run === id);
    if (commands.includes('pauseRun')) {
      // A resume that was cut short is told again; a pause holds until it is lifted.
      if (!commands.includes('resumeRun'))
        wrong.push(...(await heldStill(nexus, id, () => entries().length)));
      await askPatiently(api, mutations.resumeRun, { id }, giveUpAt);
    }
    const { run, cancelled } = await atRest(nexus, id);
    const stopped = commands.includes('killRun')
      ? 'KILLED'
      : cancelled || commands.includes('cancelRun')
        ? 'CANCELLED'
        : undefined;
    await follower?.completed();
    const tree = treeOf(point);
    if (point.saga) {
      const facts = { run, tree, outside: entries(), followed: follower?.events };
      return rollbackViolations(facts).map((what) => `${place}: ${what}`);
    }
    const expected = expectationOf(tree);
    wrong.push(...violations({ run, expected, outside: entries(), followed: follower?.events, stopped }));
  } catch (error) {
    wrong.push((error as Error).message);
  }
  return wrong.map((what) => `${place}: ${what}`);
}

/** A run that was told to pause: nothing of it reaches the world until it is told to go on. */
export async function heldStill(nexus: NexusProcess, id: string, effects: () => number): Promise<string[]> {
  const run = await readRun(nexus, id);
  if (['SUCCEEDED', 'FAILED', 'CANCELLED', 'KILLED'].includes(run.status)) return [];
  if (run.status !== 'PAUSED') return [`${id}: it was paused, and is ${run.status}`];
  // What was under way when it was paused may end.
  await wait(quietMs);
  const before = effects();
  await wait(quietMs);
  const after = effects();
  return after === before ? [] : [`${id}: it is paused, and ${after - before} effects happened since`];
}
