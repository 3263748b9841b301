import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sweepNeverDispatched } from '#commands';
import { inline, isRef, nexusError } from '#contracts';
import { type ApiUnderTest, chain, startApi, startedRun, startPlan } from './api-under-test.js';
import { createCommands } from '#commands';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({
    templates: [
      {
        version: 1,
        name: 'greet',
        match: ['greet *'],
        inputs: { type: 'object', required: ['who'], properties: { who: { type: 'string' } } },
        tasks: [{ id: 'hello', kind: 'tool', tool: 'transform', with: { expression: '${inputs.who}' } }],
      },
    ],
  });
});
afterAll(() => api.stop());

const codes = (errors: readonly { extensions: Record<string, unknown> }[]) =>
  errors.map(({ extensions }) => extensions['code']);

describe('startPlan', () => {
  it('stores the run with its events and starts its workflow', async () => {
    const { data } = await api.graphql(startPlan, {
      input: { plan: chain(2), priority: 1, labels: ['a', 'b', 'a'] },
    });
    const { run, userErrors } = data.startPlan;
    expect(userErrors).toEqual([]);
    expect(run).toMatchObject({
      status: 'PENDING',
      workflowId: `run/${run.id}`,
      priority: 1,
      labels: ['a', 'b'],
    });
    const start = api.gateway.starts.find(({ input }) => input.runId === run.id);
    expect(start).toMatchObject({
      name: 'chain',
      input: { tenant: 'default', path: '', priority: 1, inputs: inline({}), bound: { name: 'chain' } },
    });
    expect((await api.store.events.after('default', run.id, 0, 10)).map(({ type }) => type)).toEqual([
      'run.created',
      'run.planned',
    ]);
  });

  it('names every fault at once, and leaves no run', async () => {
    const before = (await api.store.runs.list('default', { first: 200 })).rows.length;
    const plan = {
      version: 1,
      inputs: { type: 'object', required: ['repo'] },
      tasks: [
        { id: 'a', kind: 'tool', tool: 'transfrom', needs: ['b'], with: { expression: '1' } },
        { id: 'b', kind: 'tool', tool: 'transform', needs: ['a', 'bild'], with: {} },
        { id: 'c', kind: 'tool', tool: 'transform', with: { expression: '1' }, cache: { ttl: '1h' } },
      ],
    };
    const { data } = await api.graphql(startPlan, {
      input: { plan, inputs: { x: 1 }, budget: { limit: '1' } },
    });
    const faults = data.startPlan.userErrors as { field: string[]; code: string; message: string }[];
    expect(data.startPlan.run).toBeNull();
    const at = (field: string) => faults.find((fault) => fault.field.join('.') === field);
    expect(at('plan.tasks.0.tool')?.message).toMatch(/transfrom.*did you mean/);
    expect(at('plan.tasks.1.needs.1')?.message).toContain('bild');
    expect(at('plan.tasks.2.cache')).toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(faults.some(({ message }) => message.includes('cycle'))).toBe(true);
    expect((await api.store.runs.list('default', { first: 200 })).rows).toHaveLength(before);
  });

  it('refuses a plan that calls a model where none is configured, and names the tasks', async () => {
    const ask = { id: 'ask', kind: 'model', model: 'nexus:fast', prompt: 'Why?' };
    const plan = { tasks: [{ id: 'sub', kind: 'plan', grain: 'task', plan: { tasks: [ask] } }] };
    const { data } = await api.graphql(startPlan, { input: { plan } });
    expect(data.startPlan.run).toBeNull();
    expect(data.startPlan.userErrors).toMatchObject([
      { code: 'FAILED_PRECONDITION', message: expect.stringContaining('the plan calls one: sub/ask') },
    ]);
  });

  it("checks inputs against the plan's schema, and fills in defaults", async () => {
    const inputs = {
      type: 'object',
      required: ['n'],
      properties: { n: { type: 'integer' }, m: { default: 7 } },
    };
    const plan = { ...chain(1), inputs };
    const wrong = await api.graphql(startPlan, { input: { plan, inputs: { n: 'one' } } });
    expect(wrong.data.startPlan.userErrors).toEqual([
      expect.objectContaining({ field: ['inputs', 'n'], code: 'BAD_USER_INPUT' }),
    ]);
    const id = await startedRun(api, plan, { inputs: { n: 1 } });
    const { data } = await api.graphql(`{ run(id: "${id}") { inputs } }`);
    expect(data.run.inputs).toEqual({ n: 1, m: 7 });
  });

  it('keeps inputs of 2 MB outside the workflow, and gives them back whole', async () => {
    const text = 'ü'.repeat(1_000_000);
    const id = await startedRun(api, chain(1), { inputs: { text } });
    const start = api.gateway.starts.find(({ input }) => input.runId === id);
    expect(start && isRef(start.input.inputs)).toBe(true);
    expect(JSON.stringify(start).length).toBeLessThan(10_000);
    const { data } = await api.graphql(`{ run(id: "${id}") { inputs artefacts { edges { node { id } } } } }`);
    expect(data.run.inputs.text === text).toBe(true);
    expect(data.run.artefacts.edges).toEqual([]);
  });

  it('keeps a run whose workflow cannot be started, and starts it later', async () => {
    api.gateway.broken = nexusError('UNAVAILABLE', 'Temporal is away');
    const { data } = await api.graphql(startPlan, { input: { plan: chain(1) } });
    const { id, temporalRunId } = data.startPlan.run;
    expect(temporalRunId).toBeNull();
    api.gateway.broken = null;
    const started = () => api.gateway.starts.filter(({ input }) => input.runId === id);
    const deps = {
      ...api.deps,
      store: { ...api.store, runs: { ...api.store.runs, neverDispatched: allAges } },
    };
    await sweepNeverDispatched(deps);
    expect(started()).toHaveLength(1);
    // Marked in the background; once it is, the run is left alone.
    await untilDispatched(id);
    await sweepNeverDispatched(deps);
    expect(started()).toHaveLength(1);
  });
});

function allAges() {
  return api.store.runs.neverDispatched(0);
}

async function untilDispatched(id: string): Promise<void> {
  for (;;) {
    const run = await api.store.runs.get('default', id);
    if (run?.dispatchedAt !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('an idempotency key', () => {
  it('makes one run of ten requests at once', async () => {
    const input = { plan: chain(3), inputs: { a: 1 }, idempotencyKey: 'ten-at-once' };
    const replies = await Promise.all(Array.from({ length: 10 }, () => api.graphql(startPlan, { input })));
    const ids = new Set(replies.map(({ data }) => data.startPlan.run.id as string));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    expect(
      new Set(
        api.gateway.starts.filter(({ input: { runId } }) => runId === id).map(({ input: i }) => i.runId),
      ).size,
    ).toBe(1);
    expect(await api.store.events.after('default', id, 0, 10)).toHaveLength(2);
  });

  it('is refused for any other request', async () => {
    const input = { plan: chain(1), inputs: { a: 1, b: 2 }, idempotencyKey: 'other-request' };
    const id = await startedRun(api, chain(1), input);
    const again = await api.graphql(startPlan, { input: { ...input, inputs: { b: 2, a: 1 } } });
    expect(again.data.startPlan.run.id).toBe(id);
    for (const change of [{ inputs: { a: 2 } }, { plan: chain(2) }, { priority: 5 }, { labels: ['x'] }]) {
      const { data, errors } = await api.graphql(startPlan, { input: { ...input, ...change } });
      expect(data).toBeNull();
      expect(codes(errors)).toEqual(['IDEMPOTENCY_MISMATCH']);
    }
  });

  it('starts the workflow of a run whose first caller died before it did', async () => {
    api.gateway.broken = nexusError('UNAVAILABLE', 'the process dies here');
    const input = { plan: chain(1), idempotencyKey: 'first-caller-died' };
    const id = await startedRun(api, chain(1), input);
    api.gateway.broken = null;
    const { data } = await api.graphql(startPlan, { input });
    expect(data.startPlan.run).toMatchObject({ id, temporalRunId: `temporal-${id}` });
    expect(api.gateway.starts.find(({ input: { runId } }) => runId === id)?.input.bound?.name).toBe('chain');
  });
});

const startGoal = `mutation ($input: StartGoalInput!) {
  startGoal(input: $input) { run { id goal status plan { name planner } inputs } userErrors { field code message } }
}`;

describe('startGoal', () => {
  it('plans from the template that matches', async () => {
    const { data } = await api.graphql(startGoal, {
      input: { goal: 'Greet the  team', inputs: { who: 'team' } },
    });
    expect(data.startGoal).toMatchObject({
      run: { goal: 'Greet the  team', status: 'PENDING', plan: { name: 'greet', planner: 'template' } },
      userErrors: [],
    });
  });

  it.each([
    [{ goal: 'greet you' }, ['inputs'], 'who'],
    [{ goal: 'x', template: 'nope' }, ['template'], 'unknown template "nope"'],
    [{ goal: 'x', template: 'greet@9' }, ['template'], 'unknown template'],
    [{ goal: 'x', planner: 'oracle' }, ['planner'], 'unknown planner'],
    [{ goal: 'x', planner: 'model' }, ['planner'], 'OPENAI_API_KEY'],
    [{ goal: 'do something else' }, ['goal'], 'OPENAI_API_KEY'],
    [{ goal: 'do something else', planner: 'template' }, ['goal'], 'there are: greet'],
  ])('refuses %j', async (input, field, message) => {
    const { data } = await api.graphql(startGoal, { input });
    expect(data.startGoal.run).toBeNull();
    expect(data.startGoal.userErrors).toEqual([
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    ]);
  });

  it('has a person see the plan before it runs, also one that is there already (A13)', async () => {
    const input = { goal: 'x', template: 'greet', inputs: { who: 'a' }, approvePlan: true };
    const { data } = await api.graphql(startGoal, { input });
    expect(data.startGoal.userErrors).toEqual([]);
    const started = api.gateway.starts.at(-1)?.input;
    expect(started).toMatchObject({
      runId: data.startGoal.run.id,
      approvePlan: true,
      bound: { name: 'greet' },
    });
    expect(started?.planRequest).toBeUndefined();
  });

  it('prepares a plan that a person has edited as it is, and says what is wrong with it (A13)', async () => {
    const { planRun } = createCommands(api.deps);
    const request = (edited: object) => ({ goal: '', planner: 'person', edited: edited as never });
    const planned = await planRun('default', 'run_1', request({ version: 1, ...chain(2) }), {});
    expect(planned).toMatchObject({ planner: 'person', bound: { name: 'chain' } });
    const broken = { version: 1, tasks: [{ id: 'a', kind: 'tool', tool: 'gone' }] };
    await expect(planRun('default', 'run_1', request(broken), {})).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('the edited plan is not valid any more: tasks[0].tool'),
    });
  });

  it('takes an approval of the plan for another request under the same key', async () => {
    const input = { goal: 'x', template: 'greet', inputs: { who: 'a' }, idempotencyKey: 'seen' };
    await api.graphql(startGoal, { input });
    const { errors } = await api.graphql(startGoal, { input: { ...input, approvePlan: true } });
    expect(errors[0]?.extensions['code']).toBe('IDEMPOTENCY_MISMATCH');
  });

  it('leaves planning to the workflow when a model has to do it', async () => {
    const modelPlanner = { model: 'nexus:standard', plan: () => Promise.resolve(chain(1) as never) };
    const withModel = await startApi({ store: api.store, modelPlanner });
    const { data } = await withModel.graphql(startGoal, {
      input: { goal: 'invent something', inputs: { n: 1 } },
    });
    expect(data.startGoal.run).toMatchObject({ status: 'PLANNING', plan: null, inputs: { n: 1 } });
    expect(withModel.gateway.starts[0]?.input).toMatchObject({
      planRequest: { goal: 'invent something', planner: 'model' },
    });
    const preview = await withModel.graphql(
      `{ planPreview(goal: "invent something") { name planner document } }`,
    );
    expect(preview.data.planPreview).toMatchObject({ name: 'chain', planner: 'model', document: chain(1) });
    await withModel.close();
  });
});

describe('planPreview', () => {
  it('shows the plan and starts nothing', async () => {
    const before = api.gateway.starts.length;
    const { data } = await api.graphql(
      `{ planPreview(goal: "greet", template: "greet", inputs: { who: "you" }) { name version document planner } }`,
    );
    expect(data.planPreview).toMatchObject({
      name: 'greet',
      planner: 'template',
      document: { tasks: [{ id: 'hello' }] },
    });
    expect(api.gateway.starts).toHaveLength(before);
  });

  it('says why there is none', async () => {
    const { errors } = await api.graphql(`{ planPreview(goal: "greet", template: "greet") { name } }`);
    expect(codes(errors)).toEqual(['BAD_USER_INPUT']);
    expect(errors[0]?.message).toContain('who');
  });
});

describe('templates', () => {
  const save = `mutation ($document: JSON!) {
    saveTemplate(document: $document) { template { id name version document } userErrors { field code message } }
  }`;

  it('get a version with every save, and the newest is used', async () => {
    const first = await api.graphql(save, { document: chain(1, 'saved') });
    const second = await api.graphql(save, { document: chain(2, 'saved') });
    expect(first.data.saveTemplate).toMatchObject({
      template: { name: 'saved', version: 1 },
      userErrors: [],
    });
    expect(second.data.saveTemplate.template.version).toBe(2);
    const tasks = async (template: string) => {
      const { data } = await api.graphql(`{ planPreview(goal: "x", template: "${template}") { document } }`);
      return data.planPreview.document.tasks.length as number;
    };
    expect(await tasks('saved')).toBe(2);
    expect(await tasks('saved@1')).toBe(1);
    const node = await api.graphql(
      `{ node(id: "${second.data.saveTemplate.template.id}") { id __typename } }`,
    );
    expect(node.data.node.__typename).toBe('Template');
  });

  it('are included by other plans, in the version of that moment', async () => {
    await api.graphql(save, { document: chain(2, 'inner') });
    const outer = { version: 1, name: 'outer', tasks: [{ id: 'sub', kind: 'plan', template: 'inner' }] };
    const id = await startedRun(api, outer);
    const { data } = await api.graphql(`{ run(id: "${id}") { tasks { edges { node { path kind } } } } }`);
    const paths = data.run.tasks.edges.map((edge: { node: { path: string } }) => edge.node.path);
    expect(paths).toEqual(['sub', 'sub/step0', 'sub/step1']);
  });

  it('are refused with all that is wrong', async () => {
    const { data } = await api.graphql(save, {
      document: { version: 1, tasks: [{ id: 'A', kind: 'tool', tool: 'x' }] },
    });
    const fields = data.saveTemplate.userErrors.map(({ field }: { field: string[] }) => field.join('.'));
    expect(data.saveTemplate.template).toBeNull();
    expect(fields).toEqual(
      expect.arrayContaining(['document.name', 'document.tasks.0.id', 'document.tasks.0.tool']),
    );
  });

  it('of a tenant take the place of those that come with the product', async () => {
    const names = async () => {
      const { data } = await api.graphql(`{ templates { name version document } }`);
      return data.templates.filter(({ name }: { name: string }) => name === 'greet');
    };
    expect(await names()).toMatchObject([{ version: 1, document: { match: ['greet *'] } }]);
    await api.graphql(save, { document: chain(1, 'greet') });
    expect(await names()).toMatchObject([{ version: 1, document: { tasks: [{ id: 'step0' }] } }]);
  });
});
