import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isSameProcess, processStart } from '#ops/set-up/process-identity';
import { readLedger } from '../e2e/ledger.js';
import { createHome, hookTimeoutMs, type NexusProcess } from '../e2e/nexus-process.js';
import { endedRun, follow, startPlan } from '../e2e/runs.js';
import { until } from '../e2e/until.js';
import { shapes } from './shapes.js';

const home = createHome('partial-crash');
let nexus: NexusProcess;
beforeAll(async () => {
  nexus = await home.start();
}, hookTimeoutMs);
afterAll(() => home.remove());

const kinds = ['sequence', 'sub-plan in a child', 'wait', 'grain: task'] as const;

/** One run of each kind, under way. */
async function startEach(): Promise<readonly (readonly [string, string])[]> {
  const runs = await Promise.all(
    kinds.map(async (kind) => [kind, await startPlan(nexus, shapes[kind]!.plan)] as const),
  );
  const own = new Set(runs.map(([, id]) => id));
  const ended = () => readLedger(home.ledger).filter(({ run, at }) => own.has(run) && at === 'end').length;
  await until('some effects have ended', () => ended() >= kinds.length);
  return runs;
}

async function expectAllWell(runs: readonly (readonly [string, string])[]): Promise<void> {
  for (const [kind, id] of runs) {
    const { status, output, tasks } = await endedRun(nexus, id);
    expect({ kind, status, output }).toEqual({ kind, status: 'SUCCEEDED', output: shapes[kind]!.output });
    expect(tasks.filter((task) => task.status !== 'SUCCEEDED')).toEqual([]);
    const own = readLedger(home.ledger).filter(({ run, at }) => run === id && at === 'end');
    expect([...new Set(own.map(({ path }) => path))].sort()).toEqual([...shapes[kind]!.effects].sort());
  }
}

describe('one part killed while runs are under way', () => {
  it('API and worker: the next start adopts the Temporal server, and the runs go on (A8 A16)', async () => {
    const runs = await startEach();
    const temporal = nexus.temporalPids();
    await nexus.kill();
    expect(temporal.map((pid) => processStart(pid) !== undefined)).toEqual([true, true]);
    nexus = await home.start();
    expect(nexus.log()).toContain(
      `Adopted the Temporal server that an earlier start left (process ${temporal[0]})`,
    );
    expect(nexus.temporalPids()).toEqual(temporal);
    await expectAllWell(runs);
  });

  it('the Temporal server: it is started again, and the same process goes on (A16)', async () => {
    const runs = await startEach();
    const [pid = 0] = nexus.temporalPids();
    const killed = { pid, start: processStart(pid) };
    process.kill(pid, 'SIGKILL');
    const another = await until('there is another server', () =>
      nexus.temporalPids().find((each) => each !== pid && !isSameProcess(killed)),
    );
    const told = `The Temporal server (process ${pid}) ended unexpectedly: starting it again`;
    await until('that is told', () => nexus.log().includes(told));
    await expectAllWell(runs);
    expect(nexus.temporalPids()).toContain(another);
    expect((await fetch(`${nexus.url}/readyz`)).status).toBe(200);
  });

  it('API and worker, with an effect under way that takes no key: it is not repeated, a person decides (A8)', async () => {
    const once = { id: 'once', kind: 'tool', tool: 'ledger.once', with: { ms: 60_000 } };
    const id = await startPlan(nexus, { tasks: [once] });
    const starts = () => readLedger(home.ledger).filter(({ run }) => run === id);
    await until('it is under way', () => starts().length > 0);
    await nexus.kill();
    nexus = await home.start();
    const followed = follow(nexus, id);
    await until('the run has noticed', () => followed.values.some(({ type }) => type === 'run.waiting'));
    await followed.stop();
    const { data } = await nexus.graphql('query ($id: ID!) { run(id: $id) { status waitingFor { kind } } }', {
      id,
    });
    expect(data.run).toEqual({ status: 'WAITING', waitingFor: { kind: 'UNCERTAIN' } });
    expect(followed.values.map(({ type }) => type)).toContain('task.uncertain');
    expect(starts()).toHaveLength(1);
  });
});
