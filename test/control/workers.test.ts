import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { workflowIdOf } from '#contracts';
import { startRuns, tool } from '../runs/runs-fixture.js';
import type { RunsFixture } from '../runs/runs-fixture.js';
import { gate } from './control-fixture.js';

const work = gate('work');
const echo = tool('echo', async (input) => input, 'keyed');
let runs: RunsFixture;
beforeAll(async () => {
  runs = await startRuns([work.tool, echo]);
});
afterAll(() => runs.close());
beforeEach(() => {
  work.begun.length = 0;
  work.close();
});

const step = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'work', needs });

async function row(runId: string, path: string) {
  return await runs.store.tasks.get('default', runId, path);
}

describe('workers with labels (A7)', () => {
  it('alone get the tasks that require these, whoever else is there', async () => {
    const needy = { id: 'a', kind: 'tool', tool: 'echo', with: { n: 1 }, requires: { gpu: '1' } };
    const runId = await runs.start({ tasks: [needy], output: '${tasks.a.output.n}' });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await row(runId, 'a'))?.status).not.toBe('SUCCEEDED');
    const labelled = await runs.addWorker('labelled', { labels: { gpu: '1', zone: 'a' } });
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { inline: 1 } });
    expect((await row(runId, 'a'))?.attempts).toMatchObject([{ worker: 'labelled' }]);
    await labelled.stop();
  });
});

describe('a worker that leaves (A7)', () => {
  it('hands on what it cannot end within its grace, and what it has not begun', async () => {
    const others = [];
    for (const identity of ['leaver', 'stayer'])
      others.push(await runs.addWorker(identity, { graceMs: 500 }));
    const [leaver, stayer] = others;
    const starts = Array.from({ length: 12 }, () =>
      runs.start({ grain: 'task', tasks: [step('a'), step('b', 'a')] }),
    );
    const ids = await Promise.all(starts);
    await work.reached(12);
    await leaver?.stop();
    await work.reached(13);
    work.open();
    for (const id of ids) expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    const attempts = await Promise.all(ids.map(async (id) => (await row(id, 'a'))?.attempts ?? []));
    const handedOn = attempts.filter(([first]) => first?.worker === 'leaver');
    expect(handedOn.length).toBeGreaterThan(0);
    for (const [, second] of handedOn) expect(second?.worker).not.toBe('leaver');
    await stayer?.stop();
  });
});

describe('a switched-off tool (A11)', () => {
  it('makes its tasks wait, and lets them go on when it is released', async () => {
    const off = { scope: 'TOOL', target: 'work', tenant: 'default' } as const;
    const switched = { ...off, engagedAt: Date.now(), engagedBy: 'ops', reason: 'it is broken' };
    const runId = await runs.start({ grain: 'task', tasks: [step('a'), step('b', 'a')] });
    await work.reached(1);
    await runs.store.killSwitches.engage(switched);
    for (;;) {
      const task = await row(runId, 'a');
      if (task?.waiting?.kind === 'KILL_SWITCH') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await row(runId, 'a'))?.waiting?.detail).toContain('it is broken');
    work.open();
    await runs.store.killSwitches.release('TOOL', 'work', 'default', 'ops');
    await runs.client.workflow.getHandle(workflowIdOf(runId)).signal('nudge');
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(work.begun).toEqual(['a', 'a', 'b']);
  });
});
