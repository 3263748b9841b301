import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inline, type JsonValue, taskId, type TaskPatch } from '#contracts';
import { type ApiUnderTest, chain, startApi, startedRun } from './api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

async function touch(runId: string, ...tasks: TaskPatch[]): Promise<void> {
  await api.store.record({ tenant: 'default', runId, events: [], tasks });
}

interface Page {
  readonly edges: { readonly node: Record<string, JsonValue>; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string;
  };
}

/** All nodes of a connection, page by page, as a client reads them. */
async function allPages(read: (after: string | null) => Promise<Page>): Promise<Record<string, JsonValue>[]> {
  const nodes: Record<string, JsonValue>[] = [];
  for (let after: string | null = null; ;) {
    const page: Page = await read(after);
    expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
    nodes.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
}

const runs = async (args: string, variables: object = {}): Promise<Page> => {
  const { data, errors } = await api.graphql(
    `query ($after: String, $filter: RunFilter) { runs(after: $after, filter: $filter ${args}) {
      edges { cursor node { id goal status } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    variables,
  );
  expect(errors).toEqual([]);
  return data.runs;
};

describe('runs', () => {
  it('are listed newest first, page by page, each once', async () => {
    const started: string[] = [];
    for (let index = 0; index < 7; index += 1)
      started.push(await startedRun(api, undefined, { labels: ['paged'] }));
    const listed = await allPages((after) => runs(', first: 3', { after, filter: { labels: ['paged'] } }));
    expect(listed.map(({ id }) => id)).toEqual(started.reverse());
  });

  it('are found by status, text and time', async () => {
    const id = await startedRun(api, chain(1, 'needle in a haystack'), { labels: ['found'] });
    const { createdAt } = (await api.graphql(`{ run(id: "${id}") { createdAt } }`)).data.run;
    const found = async (filter: object) =>
      (await runs('', { filter: { labels: ['found'], ...filter } })).edges.map(({ node }) => node['id']);
    const before = new Date(Date.parse(createdAt) - 1_000).toISOString();
    const after = new Date(Date.parse(createdAt) + 1_000).toISOString();
    expect(await found({ text: 'NEEDLE' })).toEqual([id]);
    expect(await found({ text: 'nothing like it' })).toEqual([]);
    expect(await found({ status: ['PENDING', 'RUNNING'] })).toEqual([id]);
    expect(await found({ status: ['FAILED'] })).toEqual([]);
    expect(await found({ createdAfter: before, createdBefore: after })).toEqual([id]);
    expect(await found({ createdAfter: after })).toEqual([]);
  });

  it.each([
    '{ run(id: "") { id } }',
    '{ node(id: "") { id } }',
    '{ run(id: "run_nobody") { id } }',
    '{ node(id: "run_nobody") { id } }',
    '{ node(id: "agent:x") { id } }',
  ])('that nobody knows are null: %s', async (query) => {
    const { data, errors } = await api.graphql(query);
    expect([Object.values(data), errors]).toEqual([[null], []]);
  });
});

describe('the tasks of a run', () => {
  const nested = {
    version: 1,
    name: 'nested',
    tasks: [
      { id: 'zero', kind: 'tool', tool: 'transform', with: { expression: '1' }, title: 'The first' },
      {
        id: 'sub',
        kind: 'plan',
        needs: ['zero'],
        plan: {
          version: 1,
          tasks: [{ id: 'inner', kind: 'tool', tool: 'transform', with: { expression: '1' } }],
        },
      },
      { id: 'last', kind: 'wait', for: '1s', needs: ['sub'] },
    ],
  };
  const tasks = async (id: string, args = ''): Promise<Page> => {
    const { data, errors } = await api.graphql(
      `{ run(id: "${id}") { tasks${args} { edges { cursor node { id path kind title status needs tool output
        attempts { number startedAt } waitingFor { kind } } }
        pageInfo { hasNextPage hasPreviousPage endCursor } } } }`,
    );
    expect(errors).toEqual([]);
    return data.run.tasks;
  };
  const paths = ({ edges }: Page) => edges.map(({ node }) => node['path']);

  it('are those of the plan from the start, then as they come to be', async () => {
    const id = await startedRun(api, nested);
    expect((await tasks(id)).edges.map(({ node }) => [node['path'], node['kind'], node['status']])).toEqual([
      ['zero', 'TOOL', 'PENDING'],
      ['sub', 'PLAN', 'PENDING'],
      ['sub/inner', 'TOOL', 'PENDING'],
      ['last', 'WAIT', 'PENDING'],
    ]);
    await touch(
      id,
      {
        path: 'zero',
        kind: 'tool',
        status: 'SUCCEEDED',
        output: inline({ x: 1 }),
        attempts: [{ number: 1, startedAt: 0 }],
      },
      { path: 'agent/call[10]', kind: 'tool', status: 'RUNNING', tool: 'transform' },
      { path: 'agent/call[9]', kind: 'tool', status: 'RUNNING', tool: 'transform' },
      { path: 'sub', kind: 'plan', status: 'SKIPPED' },
    );
    const all = await tasks(id);
    expect(paths(all)).toEqual(['zero', 'sub', 'sub/inner', 'last', 'agent/call[9]', 'agent/call[10]']);
    expect(all.edges[0]?.node).toMatchObject({
      id: taskId(id, 'zero'),
      title: 'The first',
      tool: 'transform',
      output: { x: 1 },
      attempts: [{ number: 1, startedAt: '1970-01-01T00:00:00.000Z' }],
    });
    expect(all.edges[2]?.node['status']).toBe('SKIPPED');
    expect(all.edges[3]?.node['needs']).toEqual(['sub']);
  });

  it('are paged, and a cursor outlives the status of its task', async () => {
    const id = await startedRun(api, chain(12));
    const every = await allPages((after) =>
      tasks(id, `(first: 5${after === null ? '' : `, after: "${after}"`})`),
    );
    expect(every.map(({ path }) => path)).toEqual(
      Array.from({ length: 12 }, (_unused, index) => `step${index}`),
    );
    const pending = await tasks(id, '(first: 2, status: [PENDING])');
    await touch(id, { path: 'step1', kind: 'tool', status: 'SUCCEEDED' });
    const next = await tasks(id, `(first: 2, status: [PENDING], after: "${pending.pageInfo.endCursor}")`);
    expect([paths(pending), paths(next)]).toEqual([
      ['step0', 'step1'],
      ['step2', 'step3'],
    ]);
    expect(paths(await tasks(id, '(status: [SUCCEEDED, FAILED])'))).toEqual(['step1']);
  });

  it('are paged past those of the plan into those that came up, and refuse a cursor they never gave', async () => {
    const id = await startedRun(api, nested);
    await touch(
      id,
      { path: 'sub', kind: 'plan', status: 'FAILED' },
      ...Array.from({ length: 25 }, (_unused, index) => ({
        path: `last/call[${index}]`,
        kind: 'tool' as const,
        status: index % 2 === 0 ? ('SUCCEEDED' as const) : ('CANCELLED' as const),
      })),
    );
    const calls = Array.from({ length: 25 }, (_unused, index) => `last/call[${index}]`);
    const argument = (after: string | null) => (after === null ? '' : `, after: "${after}"`);
    const every = await allPages((after) => tasks(id, `(first: 3${argument(after)})`));
    expect(every.map(({ path }) => path)).toEqual(['zero', 'sub', 'sub/inner', 'last', ...calls]);
    const cancelled = await allPages((after) =>
      tasks(id, `(first: 2, status: [CANCELLED]${argument(after)})`),
    );
    expect(cancelled.map(({ path }) => path)).toEqual([
      'sub/inner',
      ...calls.filter((_path, index) => index % 2 === 1),
    ]);
    for (const cursor of ['bm9uZQ', '???']) {
      const { errors } = await api.graphql(
        `{ run(id: "${id}") { tasks(after: "${cursor}") { edges { cursor } } } }`,
      );
      expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });

  it('are found one by one, by path and by ID', async () => {
    const id = await startedRun(api, nested);
    await touch(id, { path: 'read[3]/item', kind: 'tool', status: 'SUCCEEDED', output: inline('x') });
    const one = async (path: string) => {
      const { data } = await api.graphql(
        `query ($p: String!) { run(id: "${id}") { task(path: $p) { id path status } } }`,
        {
          p: path,
        },
      );
      return data.run.task;
    };
    expect(await one('sub/inner')).toMatchObject({ path: 'sub/inner', status: 'PENDING' });
    expect(await one('read[3]/item')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await one('nothing')).toBeNull();
    const { data } = await api.graphql(`query ($id: ID!) { node(id: $id) { ... on Task { path output } } }`, {
      id: taskId(id, 'read[3]/item'),
    });
    expect(data.node).toEqual({ path: 'read[3]/item', output: 'x' });
  });
});

describe('bad input', () => {
  it.each([
    ['{ runs(first: 201) { edges { cursor } } }', 'first: at most 200'],
    ['{ runs(first: 0) { edges { cursor } } }', 'first: at least 1'],
    ['{ runs(after: "nonsense") { edges { cursor } } }', 'cursor'],
    ['{ runs(filter: { createdAfter: "yesterday" }) { edges { cursor } } }', 'DateTime'],
    ['{ planPreview(goal: " ") { name } }', 'goal: a goal is not empty'],
    ['{ agents(capability: 1) { name } }', 'non string value'],
    ['mutation { startGoal(input: { goal: "" }) { run { id } } }', 'goal: a goal is not empty'],
    [
      'mutation { startGoal(input: { goal: "x", priority: 9 }) { run { id } } }',
      'priority: 1 (first) to 5 (last)',
    ],
    ['mutation { startPlan(input: { plan: {}, priority: 0, labels: [""] }) { run { id } } }', 'labels[0]'],
    ['mutation { startPlan(input: { plan: {}, idempotencyKey: "" }) { run { id } } }', 'idempotencyKey'],
    ['mutation { startPlan(input: { plan: {}, budget: { limit: "-1" } }) { run { id } } }', 'US dollars'],
    ['mutation { startPlan(input: { plan: {}, budget: { limit: 1.5 } }) { run { id } } }', 'US dollars'],
    ['mutation { saveTemplate { template { id } } }', 'document'],
  ])('is refused by name: %s', async (query, message) => {
    const { data, errors } = await api.graphql(query);
    expect(data).toBeNull();
    expect(errors[0]?.message).toContain(message);
    expect(errors[0]?.extensions['code']).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
  });

  it('names all that is wrong at once', async () => {
    const { errors } = await api.graphql(
      `mutation { startGoal(input: { goal: "", priority: 9, labels: [""] }) { run { id } } }`,
    );
    for (const field of ['goal', 'priority', 'labels[0]']) expect(errors[0]?.message).toContain(field);
  });

  it.each(['"text"', '[]', 'null', '7', '{ tasks: 1 }', '{ version: 2, tasks: [] }'])(
    'a plan that is %s is refused in the payload, and so is a template',
    async (plan) => {
      const { data } = await api.graphql(
        `mutation { startPlan(input: { plan: ${plan} }) { run { id } userErrors { field } }
          saveTemplate(document: ${plan}) { template { id } userErrors { field } } }`,
      );
      for (const [name, field] of [
        ['startPlan', 'plan'],
        ['saveTemplate', 'document'],
      ] as const) {
        if (plan === 'null') expect(data).toBeNull();
        else expect(data[name].userErrors[0].field[0]).toBe(field);
      }
    },
  );
});
