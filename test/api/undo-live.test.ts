import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Commands, createCommands, temporalRunGateway } from '#commands';
import { type ApprovalKind, type JsonObject, type JsonValue, nexusError, type ToolContext } from '#contracts';
import { PlanDocument } from '#plan';
import { createLogger } from '#telemetry';
import { type ControlFixture, gate, startControl } from '../control/control-fixture.js';
import { tool } from '../runs/runs-fixture.js';

const context = { tenant: 'default', requestId: 'req_1', actor: 'ann' };

/** What the outside world has, by name, and all that was done to it. */
const world = new Set<string>();
let done: string[] = [];
let refusals = 0;

const name = (input: JsonValue): string => String((input as JsonObject)['name']);
const make = tool(
  'make',
  async (input) => {
    world.add(name(input));
    done.push(`make ${name(input)}`);
    return { made: name(input) };
  },
  'keyed',
);
const unmake = tool(
  'unmake',
  async (input, { idempotencyKey }: ToolContext) => {
    if (refusals > 0) {
      refusals--;
      throw nexusError('TOOL_FAILED', 'the bucket is locked', { retryable: false });
    }
    world.delete(name(input));
    done.push(`unmake ${name(input)} ${idempotencyKey.length}`);
    return {};
  },
  'keyed',
);
const once = tool(
  'once',
  async (input) => {
    done.push(`once ${name(input)}`);
    throw new Error('the connection was lost');
  },
  'unkeyed',
);
const fail = tool('fail', async () => {
  throw nexusError('TOOL_FAILED', 'no', { retryable: false });
});
const work = gate('work');
const tools = [make, unmake, once, fail, work.tool];

let runs: ControlFixture;
let commands: Commands;
beforeAll(async () => {
  runs = await startControl(tools);
  const saga = {
    version: 1,
    name: 'saga',
    tasks: [{ id: 'a', kind: 'tool', tool: 'make', with: { name: 'a' } }],
  };
  commands = createCommands({
    store: runs.store,
    workflows: temporalRunGateway({ client: runs.client, uiUrl: null }),
    tools,
    agents: [],
    models: [],
    templates: [PlanDocument.parse(saga)],
    modelPlanner: null,
    logger: createLogger({ level: 'silent' }),
    now: Date.now,
  });
});
afterAll(() => runs.close());
beforeEach(() => {
  world.clear();
  work.close();
  work.begun.length = 0;
  done = [];
  refusals = 0;
});

const made = (id: string, ...needs: string[]) => ({
  id,
  kind: 'tool',
  tool: 'make',
  needs,
  with: { name: id },
  compensate: { tool: 'unmake', with: { name: '${self.output.made}' } },
});

async function start(...tasks: object[]): Promise<string> {
  const { run, userErrors } = await commands.startPlan(context, { plan: { version: 1, tasks } });
  expect(userErrors).toEqual([]);
  return run?.id ?? '';
}

async function asked(runId: string, kind: ApprovalKind): Promise<string> {
  for (;;) {
    const found = (await runs.store.approvals.of('default', runId)).find(
      (one) => one.kind === kind && one.status === 'PENDING',
    );
    if (found && (await isQuiet(runId))) return found.id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Its workflow has heard all that its segments have to say: until then it would not know what is decided. */
async function isQuiet(runId: string): Promise<boolean> {
  const { raw, status } = await runs.client.workflow.getHandle(`run/${runId}`).describe();
  return status.name !== 'RUNNING' || (!raw.pendingActivities?.length && !raw.pendingWorkflowTask);
}

const decide = async (id: string, approve: boolean, more: object = {}) =>
  expect((await commands.decideApproval(context, { id, approve, ...more })).userErrors).toEqual([]);

const undone = () => done.filter((deed) => deed.startsWith('unmake'));

describe('a run that is rolled back by the commands (A12)', () => {
  it('undoes after its end what it did, in reverse, as the preview has shown', async () => {
    const id = await start(made('a'), made('b', 'a'), made('c', 'b'));
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    const steps = await commands.rollbackPreview(context, { id });
    expect(steps.map(({ taskPath, action }) => [taskPath, action?.['with']])).toEqual([
      ['c', { name: 'c' }],
      ['b', { name: 'b' }],
      ['a', { name: 'a' }],
    ]);
    expect(world.size).toBe(3);
    expect((await commands.rollbackRun(context, { id, reason: 'wrong' })).userErrors).toEqual([]);
    await runs.reaches(id, 'ROLLED_BACK', 60_000);
    expect(undone()).toEqual(['unmake c 64', 'unmake b 64', 'unmake a 64']);
    expect(world.size).toBe(0);
    const again = await commands.rollbackRun(context, { id });
    expect(again.userErrors[0]?.message).toContain('is rolled back already');
  });

  it('is cut while it works, and undone, though it was paused', async () => {
    const id = await start(made('a'), { id: 'w', kind: 'tool', tool: 'work', needs: ['a'] });
    await work.reached(1);
    await commands.pauseRun(context, { id });
    expect((await commands.rollbackRun(context, { id })).userErrors).toEqual([]);
    await runs.reaches(id, 'ROLLED_BACK', 60_000);
    expect(world.size).toBe(0);
  });

  it('asks a person about what cannot be undone, who tries again', async () => {
    const id = await start(made('a'), made('b', 'a'));
    await runs.ended(id);
    refusals = 1;
    await commands.rollbackRun(context, { id });
    await runs.reaches(id, 'ROLLBACK_INCOMPLETE', 60_000);
    expect([...world]).toEqual(['b']);
    expect((await runs.store.tasks.get('default', id, 'b'))?.status).toBe('COMPENSATION_FAILED');
    await decide(await asked(id, 'COMPENSATION'), true, { answer: { do: 'retry' } });
    await runs.reaches(id, 'ROLLED_BACK', 60_000);
    expect([...world]).toEqual([]);
    expect(undone()).toEqual(['unmake a 64', 'unmake b 64']);
  });

  it('asks a person about what cannot be undone, who has undone it by hand', async () => {
    const id = await start(made('a'));
    await runs.ended(id);
    refusals = 1;
    await commands.rollbackRun(context, { id });
    await runs.reaches(id, 'ROLLBACK_INCOMPLETE', 60_000);
    const comment = 'deleted in the console';
    const { run } = await commands.markCompensated(context, { runId: id, path: 'a', comment });
    expect(run?.status).toBe('ROLLED_BACK');
  });
});

describe('a run that asks people (A13)', () => {
  it('goes on with the answer, and says who gave it', async () => {
    const question = { id: 'gate', kind: 'approval', question: 'Go?', answer: { type: 'object' } };
    const next = { ...made('a', 'gate'), with: { name: '${tasks.gate.output.answer.name}' } };
    const id = await start(question, next);
    await decide(await asked(id, 'TASK'), true, { answer: { name: 'beta' } });
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
    expect([...world]).toEqual(['beta']);
    const events = await runs.store.events.after('default', id, 0, 100);
    expect(events.find(({ type }) => type === 'approval.decided')?.data).toMatchObject({ by: ['ann'] });
  });

  it('tries a failed task again, or counts it as done', async () => {
    const id = await start({ id: 'f', kind: 'tool', tool: 'fail', onError: 'escalate' }, made('a', 'f'));
    const first = await asked(id, 'ESCALATION');
    await decide(first, true);
    const second = await asked(id, 'ESCALATION');
    expect(second).not.toBe(first);
    await decide(second, true, { answer: { do: 'skip', output: 1 } });
    expect((await runs.ended(id)).status).toBe('SUCCEEDED');
  });

  it.each([true, false])('takes a person at their word about an effect: happened %p', async (happened) => {
    const id = await start({ id: 'o', kind: 'tool', tool: 'once', with: { name: 'o' } });
    await asked(id, 'UNCERTAIN');
    const output = happened ? { output: { id: 7 } } : {};
    const { userErrors } = await commands.resolveUncertain(context, {
      runId: id,
      path: 'o',
      happened,
      ...output,
    });
    expect(userErrors).toEqual([]);
    if (happened) {
      expect((await runs.ended(id)).status).toBe('SUCCEEDED');
      expect((await runs.store.tasks.get('default', id, 'o'))?.output).toEqual({ inline: { id: 7 } });
      expect(done).toEqual(['once o']);
    } else {
      while (done.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      await commands.killRun(context, { id, reason: 'enough' });
    }
  });

  it.each([true, false])('waits with its plan: approved %p', async (approve) => {
    const input = { goal: 'x', template: 'saga', approvePlan: true };
    const { run } = await commands.startGoal(context, input);
    const id = run?.id ?? '';
    const question = await asked(id, 'PLAN');
    expect(done).toEqual([]);
    await decide(question, approve, approve ? {} : { comment: 'too dear' });
    const ended = await runs.ended(id);
    if (approve) expect([ended.status, [...world]]).toEqual(['SUCCEEDED', ['a']]);
    else expect(ended).toMatchObject({ status: 'FAILED', error: { code: 'APPROVAL_REJECTED' } });
  });
});
