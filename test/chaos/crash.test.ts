import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isGroupAlive, readLedger, underWay, type LedgerEntry } from '../e2e/ledger.js';
import { createHome, hookTimeoutMs, type NexusProcess } from '../e2e/nexus-process.js';
import { endedRun, follow, startPlan, type ShownEvent, type ShownRun } from '../e2e/runs.js';
import { until } from '../e2e/until.js';
import { shapes } from './shapes.js';

const home = createHome('crash');
let nexus: NexusProcess;
beforeAll(async () => {
  nexus = await home.start();
}, hookTimeoutMs);
afterAll(() => home.remove());

const names = Object.keys(shapes);
const twenty = Array.from({ length: 20 }, (_, index) => names[index % names.length]!);

/** What is in the ledger of the runs of one round. */
interface Round {
  readonly entries: () => readonly LedgerEntry[];
  readonly ended: () => number;
  readonly expected: number;
}

/** A command under way, whose processes must not survive. */
const runsCommand = ({ entries }: Round): boolean =>
  underWay(entries()).some(({ group }) => group !== undefined && isGroupAlive(group));

const moments: readonly (readonly [string, (round: Round) => boolean])[] = [
  ['when the first effects begin, starts still being answered', ({ entries }) => entries().length > 0],
  ['half way', (round) => round.ended() >= round.expected / 2 && runsCommand(round)],
  ['near the end', (round) => round.ended() >= round.expected * 0.85 && runsCommand(round)],
];

describe('twenty runs, everything killed at once', () => {
  it.each(moments)(
    '%s: all end well, no recorded effect is repeated, none is lost (A8 A16 A21)',
    async (_when, strike) => {
      const earlier = readLedger(home.ledger).length;
      const entries = () => readLedger(home.ledger).slice(earlier);
      const followed = new Map<string, ReturnType<typeof follow>>();
      const starts = twenty.map(async (name) => {
        const id = await startPlan(nexus, shapes[name]!.plan, {
          labels: [name],
          ...(name === 'shell' ? { inputs: { ledger: home.ledger } } : {}),
        });
        followed.set(id, follow(nexus, id));
      });
      const answered = Promise.allSettled(starts);
      const round: Round = {
        entries,
        ended: () => entries().filter(({ at }) => at === 'end').length,
        expected: twenty.reduce((sum, name) => sum + shapes[name]!.effects.length, 0),
      };
      await until('it is time to strike', () => strike(round), { everyMs: 5 });
      await nexus.killAll();

      await answered;
      const before = new Map<string, readonly ShownEvent[]>();
      for (const [id, { ended, values }] of followed) {
        await ended;
        before.set(id, values);
      }
      const atDeath = entries();
      const groups = underWay(atDeath).flatMap(({ group }) => (group === undefined ? [] : [group]));
      await until('no command outlives Nexus', () => !groups.some(isGroupAlive), { withinMs: 3_000 });
      // A command that went on would have written that it ended.
      expect(entries()).toEqual(atDeath);

      nexus = await home.start();
      const known = await runsOf(nexus);
      expect([...before.keys()].filter((id) => !known.includes(id))).toEqual([]);
      const after = new Map(
        [...before].map(([id, events]) => [id, follow(nexus, id, events.at(-1)?.cursor)] as const),
      );
      for (const id of known)
        checkRun(await endedRun(nexus, id), entries(), before.get(id) ?? [], atDeath.length);
      for (const [id, events] of before) {
        const rest = after.get(id)!;
        expect(await rest.ended).toBe('completed');
        checkStream([...events, ...rest.values]);
      }
    },
    240_000,
  );
});

/** Runs that this round has started: newest first, so those that had ended before it come last. */
async function runsOf({ graphql }: NexusProcess): Promise<string[]> {
  const { data } = await graphql('{ runs(first: 200) { edges { node { id status } } } }');
  const edges = data.runs.edges as { node: { id: string; status: string } }[];
  return edges.map(({ node }) => node.id).filter((id) => !checked.has(id));
}

/** Runs that a round before has seen to their end. */
const checked = new Set<string>();

function checkRun(
  run: ShownRun,
  ledger: readonly LedgerEntry[],
  seen: readonly ShownEvent[],
  died: number,
): void {
  checked.add(run.id);
  const name = run.labels[0]!;
  const shape = shapes[name]!;
  const own = ledger.filter((entry) => entry.run === run.id);
  const startsOf = (path: string) => own.filter((entry) => entry.path === path && entry.at === 'start');
  expect({ name, status: run.status, error: run.error, output: run.output }).toEqual({
    name,
    status: 'SUCCEEDED',
    error: null,
    output: shape.output,
  });
  expect(run.tasks.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
  expect([...new Set(own.map(({ path }) => path))].sort()).toEqual([...shape.effects].sort());
  for (const path of shape.effects) {
    expect(own.filter((entry) => entry.path === path && entry.at === 'end').length).toBeGreaterThan(0);
    expect(new Set(startsOf(path).map(({ key }) => key)).size).toBe(1);
  }
  expect(new Set(own.map(({ key }) => key)).size).toBe(shape.effects.length);
  const recorded = seen.filter(({ type }) => type === 'task.succeeded').map(({ taskPath }) => taskPath!);
  // Before it was recorded it may have been begun twice: a worker that was thought lost goes on for a moment.
  const later = new Set(
    ledger
      .slice(died)
      .filter(({ run: of }) => of === run.id)
      .map(({ path }) => path),
  );
  const repeated = recorded.filter((path) => later.has(path));
  expect({ name, repeated }).toEqual({ name, repeated: [] });
}

/** Each event once, in order, from the first to the last. */
function checkStream(events: readonly ShownEvent[]): void {
  expect(events.map(({ cursor }) => cursor)).toEqual(events.map((_, index) => String(index + 1)));
  expect(events.at(-1)).toMatchObject({ type: 'run.ended', data: { status: 'SUCCEEDED' } });
  expect(events.filter(({ type }) => type === 'run.ended')).toHaveLength(1);
}
