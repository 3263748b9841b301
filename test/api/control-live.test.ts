import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Commands, createCommands, sweepSignals, temporalRunGateway } from '#commands';
import { nexusError } from '#contracts';
import { createLogger } from '#telemetry';
import { type ControlFixture, gate, startControl } from '../control/control-fixture.js';
import { tool } from '../runs/runs-fixture.js';

const context = { tenant: 'default', requestId: 'req_1', actor: 'ann' };
const work = gate('work');
/** Fails until it is told to do better. */
const fragile = tool('fragile', async (input) => {
  const { ok = false } = (input ?? {}) as { ok?: boolean };
  if (!ok) throw nexusError('TOOL_FAILED', 'not yet', { retryable: false });
  return { done: true };
});

const deps = () => ({
  store: runs.store,
  workflows: temporalRunGateway({ client: runs.client, uiUrl: null }),
  tools: [],
  agents: [],
  models: [],
  templates: [],
  modelPlanner: null,
  logger: createLogger({ level: 'silent' }),
  now: Date.now,
});

let runs: ControlFixture;
let commands: Commands;
beforeAll(async () => {
  runs = await startControl([work.tool, fragile]);
  commands = createCommands(deps());
});
afterAll(() => runs.close());
beforeEach(() => {
  work.begun.length = 0;
  work.close();
});

const step = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'work', needs });
const tree = {
  grain: 'task',
  tasks: [
    step('a'),
    step('b', 'a'),
    { id: 'sub', kind: 'plan', plan: { grain: 'task', tasks: [step('c'), step('d', 'c')] } },
  ],
};
const fragileTree = {
  tasks: [
    { id: 'first', kind: 'tool', tool: 'fragile', with: { ok: false } },
    { id: 'next', kind: 'tool', tool: 'fragile', needs: ['first'], with: { ok: true } },
  ],
};

async function view(id: string) {
  const run = await commands.run(context, { id });
  if (!run) throw new Error(`no run ${id}`);
  return { run, waiting: await commands.waitingFor(context, run) };
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Long enough for what would start to start. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 1_500));

describe('a run of a real server, by the commands', () => {
  it('is paused as a tree: what is at work ends, nothing starts, and resume lets it go on (A10)', async () => {
    const id = await runs.start(tree);
    await work.reached(2);
    const paused = await commands.pauseRun(context, { id, reason: 'look' });
    expect([paused.run?.status, paused.userErrors]).toEqual(['PAUSED', []]);
    // What begins is on record a moment later.
    await until(async () => (await view(id)).waiting?.inFlight === 2);
    expect((await view(id)).waiting?.kind).toBe('PAUSED');
    work.open();
    await until(async () => (await view(id)).waiting?.inFlight === 0);
    await quiet();
    expect([...work.begun].sort()).toEqual(['a', 'sub/c']);
    expect((await view(id)).run.status).toBe('PAUSED');
    const resumed = await commands.resumeRun(context, { id });
    expect(resumed.userErrors).toEqual([]);
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    expect([...work.begun].sort()).toEqual(['a', 'b', 'sub/c', 'sub/d']);
  });

  it('is interrupted: what is at work is cut, and done again on resume (A10)', async () => {
    const id = await runs.start(tree);
    await work.reached(2);
    await commands.pauseRun(context, { id, interrupt: true });
    await until(async () => (await view(id)).waiting?.inFlight === 0);
    await quiet();
    expect(work.begun).toHaveLength(2);
    work.open();
    await commands.resumeRun(context, { id });
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    expect([...work.begun].sort()).toEqual(['a', 'a', 'b', 'sub/c', 'sub/c', 'sub/d']);
  });

  it('is killed within the grace, with all its workflows (A11)', async () => {
    const id = await runs.start(tree);
    await work.reached(2);
    const { run } = await commands.killRun(context, { id, reason: 'runaway' });
    expect(run?.status).toBe('KILLED');
    work.open();
    await quiet();
    expect(work.begun).toHaveLength(2);
    for (const workflowId of [`run/${id}`, `run/${id}/sub`]) {
      const { status } = await runs.client.workflow.getHandle(workflowId).describe();
      expect([workflowId, status.name]).toEqual([workflowId, 'TERMINATED']);
    }
    const row = await runs.store.runs.get('default', id);
    expect(row?.stoppedInMs).toBeLessThan(2_000);
    expect((await runs.store.tasks.list('default', id)).some(({ status }) => status === 'RUNNING')).toBe(
      false,
    );
  });

  it('goes on, once it has failed, with a task tried again with another input (A10)', async () => {
    const id = await runs.start(fragileTree);
    expect((await runs.ended(id)).status).toBe('FAILED');
    const { userErrors } = await commands.retryTask(context, {
      runId: id,
      path: 'first',
      input: { ok: true },
    });
    expect(userErrors).toEqual([]);
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    expect((await runs.store.tasks.get('default', id, 'next'))?.status).toBe('SUCCEEDED');
  });

  it('goes on, once it has failed, with a task counted as done (A10)', async () => {
    const id = await runs.start(fragileTree);
    expect((await runs.ended(id)).status).toBe('FAILED');
    const { userErrors } = await commands.skipTask(context, { runId: id, path: 'first', output: 7 });
    expect(userErrors).toEqual([]);
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    expect((await runs.store.tasks.get('default', id, 'first'))?.output).toEqual({ inline: 7 });
  });

  it('is skipped over while it lives (A10)', async () => {
    const id = await runs.start(tree);
    await work.reached(2);
    expect((await commands.skipTask(context, { runId: id, path: 'sub/d' })).userErrors).toEqual([]);
    work.open();
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    expect(work.begun).not.toContain('sub/d');
  });

  it('shows items of maps and cases of branches by their paths (A6)', async () => {
    const mapped = { kind: 'tool', tool: 'fragile', with: { ok: '${index > 0}' } };
    const id = await runs.start({
      tasks: [
        { id: 'each', kind: 'map', over: '${[7, 8]}', batch: 2, onItemError: 'collect', do: mapped },
        {
          id: 'pick',
          kind: 'branch',
          cases: [
            { if: '${true}', do: [{ id: 'taken', kind: 'tool', tool: 'fragile', with: { ok: true } }] },
          ],
          else: [{ id: 'left', kind: 'tool', tool: 'fragile' }],
        },
      ],
    });
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    const at = async (path: string) => (await commands.task(context, { runId: id, path }))?.status ?? null;
    expect(await Promise.all(['each[0]/item', 'each[1]/item', 'each[2]/item'].map(at))).toEqual([
      'FAILED',
      'SUCCEEDED',
      null,
    ]);
    expect(await Promise.all(['pick/taken', 'pick/left'].map(at))).toEqual(['SUCCEEDED', 'SKIPPED']);
  });

  it('is told to go on though whoever lifted its pause died before it could say so (A10)', async () => {
    const id = await runs.start(tree);
    await work.reached(2);
    await commands.pauseRun(context, { id });
    work.open();
    await until(async () => (await view(id)).waiting?.inFlight === 0);
    const { workflowId } = (await view(id)).run;
    const argument = { by: 'ann', at: Date.now() };
    await runs.store.signals.add({ tenant: 'default', runId: id, workflowId, name: 'resume', argument });
    await runs.store.pauses.lift('default', id, 'all', 'ann');
    await until(async () => {
      await sweepSignals(deps());
      return (await view(id)).run.status === 'SUCCEEDED';
    });
  });
});
