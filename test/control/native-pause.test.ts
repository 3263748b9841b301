import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { workflowIdOf } from '#contracts';
import { tool } from '../runs/runs-fixture.js';
import { gate, operator, startControl } from './control-fixture.js';
import type { ControlFixture } from './control-fixture.js';

const work = gate('work');
const undo = gate('undo');
let runs: ControlFixture;
beforeAll(async () => {
  const fail = async () => {
    throw new Error('no');
  };
  runs = await startControl([work.tool, undo.tool, tool('fail', fail)]);
});
afterAll(() => runs.close());
beforeEach(() => {
  for (const { begun, close } of [work, undo]) {
    begun.length = 0;
    close();
  }
});

const step = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'work', needs });
/** A chain of its own, and one in a child workflow. */
const tree = {
  grain: 'task',
  tasks: [
    step('a'),
    step('b', 'a'),
    { id: 'sub', kind: 'plan', plan: { grain: 'task', tasks: [step('c'), step('d', 'c')] } },
  ],
};

async function succeeded(runId: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    while ((await runs.store.tasks.get('default', runId, path))?.status !== 'SUCCEEDED') {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Long enough for what would start to start. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 2_000));

describe('“Pause Workflow” of the Temporal UI (A10)', () => {
  it('holds the whole tree within five seconds, says who and why, and lets go on unpause', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    await runs.pauseNatively(runId, 'looks wrong');
    await runs.reaches(runId, 'PAUSED', 5_000);
    expect(await runs.store.pauses.of('default', runId)).toMatchObject([
      { source: 'TEMPORAL', by: operator, reason: 'looks wrong' },
    ]);
    work.open();
    await succeeded(runId, 'a', 'sub/c');
    await quiet();
    expect([...work.begun].sort()).toEqual(['a', 'sub/c']);
    await runs.unpauseNatively(runId);
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect([...work.begun].sort()).toEqual(['a', 'b', 'sub/c', 'sub/d']);
    expect(await runs.store.pauses.of('default', runId)).toEqual([]);
  });

  it('holds a rollback within five seconds, and lets it go on', async () => {
    const compensate = { tool: 'undo', with: {} };
    work.open();
    const runId = await runs.start({
      effects: 'compensate',
      tasks: [
        { ...step('a'), compensate },
        { ...step('b', 'a'), compensate },
        { id: 'c', kind: 'tool', tool: 'fail', needs: ['b'], retry: { maxAttempts: 1 } },
      ],
    });
    await undo.reached(1);
    const heldBy = Date.now() + 5_000;
    await runs.pauseNatively(runId, 'stop undoing');
    await runs.reaches(runId, 'PAUSED', 5_000);
    expect(await runs.store.pauses.of('default', runId)).toMatchObject([
      { source: 'TEMPORAL', by: operator, reason: 'stop undoing' },
    ]);
    // Workers, too, have so long to hear of it: of a rollback they alone hold what is under way.
    await new Promise((resolve) => setTimeout(resolve, heldBy - Date.now()));
    undo.open();
    while ((await runs.store.tasks.get('default', runId, 'b'))?.status !== 'COMPENSATED')
      await new Promise((resolve) => setTimeout(resolve, 20));
    await quiet();
    expect(undo.begun).toEqual(['b']);
    await runs.unpauseNatively(runId);
    await runs.reaches(runId, 'ROLLED_BACK', 10_000);
    expect(undo.begun).toEqual(['b', 'a']);
    expect(await runs.store.pauses.of('default', runId)).toEqual([]);
  });

  it('ends one of several holds only', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    const pause = { source: 'API', by: 'ops', since: Date.now() } as const;
    await runs.store.pauses.add('default', runId, pause, true);
    await runs.client.workflow.getHandle(workflowIdOf(runId)).signal('pause', pause);
    await runs.pauseNatively(runId, 'as well');
    const sources = async () => (await runs.store.pauses.of('default', runId)).map(({ source }) => source);
    while (!(await sources()).includes('TEMPORAL')) await new Promise((resolve) => setTimeout(resolve, 50));
    work.open();
    await runs.unpauseNatively(runId);
    while ((await sources()).includes('TEMPORAL')) await new Promise((resolve) => setTimeout(resolve, 50));
    await quiet();
    expect(work.begun).toHaveLength(2);
    expect((await runs.store.runs.get('default', runId))?.status).toBe('PAUSED');
    await runs.store.pauses.lift('default', runId, 'all', 'ops');
    await runs.client.workflow.getHandle(workflowIdOf(runId)).signal('resume', { at: Date.now() });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
  });

  it('keeps no run from being killed (A11)', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    await runs.pauseNatively(runId, 'about to go');
    await runs.reaches(runId, 'PAUSED', 5_000);
    await runs.kill(runId);
    await runs.reaches(runId, 'KILLED', 5_000);
    work.open();
    await quiet();
    expect(work.begun).toHaveLength(2);
  });

  it('lets a cancel act when it is lifted', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    await runs.pauseNatively(runId, 'wait');
    await runs.reaches(runId, 'PAUSED', 5_000);
    await runs.client.workflow.getHandle(workflowIdOf(runId)).cancel();
    await quiet();
    expect((await runs.store.runs.get('default', runId))?.status).toBe('PAUSED');
    await runs.unpauseNatively(runId);
    await runs.reaches(runId, 'CANCELLED', 10_000);
  });
});
