import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewRunEvent, RunStatus, TaskPatch } from '#contracts';
import { type ApiUnderTest, chain, startApi, startedRun } from './api-under-test.js';

const tenant = 'default';
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

async function record(
  runId: string,
  status: RunStatus | null,
  tasks: readonly TaskPatch[] = [],
  events: readonly NewRunEvent[] = [],
): Promise<void> {
  await api.store.record({ tenant, runId, events, tasks, ...(status && { run: { status } }) });
}
const tool = (path: string, status: TaskPatch['status'], more: Partial<TaskPatch> = {}): TaskPatch => ({
  path,
  kind: 'tool',
  status,
  ...more,
});
const kill = (id: string, reason: string) =>
  api.graphql(
    `mutation ($id: ID!, $reason: String!) { killRun(id: $id, reason: $reason) { userErrors { code } } }`,
    { id, reason },
  );

describe('the post-mortem', () => {
  const read = async (id: string) =>
    (
      await api.graphql(
        `query ($id: ID!) { run(id: $id) { postMortem { markdown timeline causes { code taskPath } done undone cost stoppedInMs } } }`,
        { id },
      )
    ).data.run.postMortem;

  it('is there for a killed run: why, what was done, what was not, and how fast it stopped', async () => {
    const id = await startedRun(api, chain(3));
    await record(id, 'RUNNING', [tool('step0', 'SUCCEEDED'), tool('step1', 'WAITING')]);
    await kill(id, 'it | costs');
    const found = await read(id);
    expect(found).toMatchObject({
      causes: [{ code: 'KILLED' }],
      done: ['step0'],
      undone: ['step1', 'step2'],
      cost: '0',
      stoppedInMs: expect.any(Number),
    });
    expect(found.timeline.map(({ type }: { type: string }) => type)).toEqual([
      'run.created',
      'run.planned',
      'kill.engaged',
      'task.cancelled',
      'run.ended',
    ]);
    expect(found.markdown).toContain('# Killed: chain');
    expect(found.markdown).toContain('it \\| costs');
    expect(found.markdown).toMatch(/Nothing ran any more \d+ ms after the request/);
  });

  it('tells what was cut from what never began, and who skipped', async () => {
    const id = await startedRun(api, chain(5));
    const skipped = { type: 'task.skipped', at: 1, taskPath: 'step1' } as const;
    await record(
      id,
      'RUNNING',
      [
        tool('step0', 'SKIPPED'),
        tool('step1', 'SKIPPED'),
        tool('step2', 'CANCELLED', { startedAt: 5 }),
        tool('step3', 'CANCELLED'),
      ],
      [
        { ...skipped, taskPath: 'step0' },
        { ...skipped, data: { by: 'ann' } },
      ],
    );
    await record(id, 'FAILED', [], [{ type: 'run.ended', at: 9, data: { status: 'FAILED' } }]);
    const { markdown, undone, timeline } = await read(id);
    expect(undone).toEqual(['step0', 'step1', 'step2', 'step3', 'step4']);
    expect(markdown).toContain('## Not done (5)');
    for (const [path, fate] of [
      ['step0', 'skipped, as the plan says'],
      ['step1', 'skipped by ann'],
      ['step2', 'cut while it ran'],
      ['step3', 'never begun'],
      ['step4', 'never begun'],
    ])
      expect(markdown).toContain(`- \`${path}\`: ${fate}`);
    expect(timeline).toContainEqual(expect.objectContaining({ type: 'task.skipped', taskPath: 'step1' }));
  });

  it('counts the items of a map that were never opened', async () => {
    const map = {
      id: 'each',
      kind: 'map',
      over: [1],
      do: { kind: 'tool', tool: 'transform', with: { expression: '1' } },
    };
    const id = await startedRun(api, { version: 1, name: 'mapped', tasks: [map] });
    const items = Array.from({ length: 40 }, (_unused, index) => tool(`each[${index}]/item`, 'SUCCEEDED'));
    await record(
      id,
      'FAILED',
      [
        { path: 'each', kind: 'map', status: 'CANCELLED', startedAt: 1 },
        ...items,
        tool('each[40]/item', 'FAILED'),
      ],
      [
        { type: 'task.progress', at: 1, taskPath: 'each', data: { done: 30, total: 3_000 } },
        { type: 'run.ended', at: 2, data: { status: 'FAILED' } },
      ],
    );
    const { markdown, done, undone } = await read(id);
    expect([done.length, undone]).toEqual([40, ['each[40]/item']]);
    expect(markdown).toContain('## Not done (2960)');
    expect(markdown).toContain('- `each`: 2959 of 3000 items never begun');
  });

  it('keeps the first and the last of very many events, and says so', async () => {
    const id = await startedRun(api);
    const output = (n: number): NewRunEvent => ({
      type: 'task.output',
      at: n,
      taskPath: 'step0',
      data: { n },
    });
    const first: NewRunEvent = {
      type: 'task.failed',
      at: 1,
      taskPath: 'step0',
      data: { error: { code: 'FIRST' } },
    };
    await record(id, 'RUNNING', [], [first, ...Array.from({ length: 20_500 }, (_unused, n) => output(n))]);
    await record(id, 'FAILED', [], [{ type: 'run.ended', at: 9, data: { status: 'FAILED' } }]);
    const { markdown, timeline } = await read(id);
    expect(timeline.map(({ type }: { type: string }) => type)).toEqual([
      'run.created',
      'run.planned',
      'task.failed',
      '…',
      'run.ended',
    ]);
    expect(timeline[3].text).toBe('504 events of the run are left out here');
    expect(markdown).toContain('504 between its first and its last are left out');
  });

  it('is not there for a run that lives, or succeeded', async () => {
    const id = await startedRun(api);
    expect(await read(id)).toBeNull();
    await record(id, 'SUCCEEDED');
    expect(await read(id)).toBeNull();
  });
});
