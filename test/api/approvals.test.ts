import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { approvalId, noUsage } from '#contracts';
import type { ApprovalKind, ApprovalRequest } from '#contracts';
import { type ApiUnderTest, chain, startApi, startedRun } from './api-under-test.js';

const tenant = 'default';
const at = Date.UTC(2026, 0, 2, 3, 4, 5);

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.gateway.signals.length = 0;
  api.gateway.broken = null;
});
afterAll(() => api.stop());

const fields = `id kind status question context answer quorum goal cost decisions { by approve comment answer ruleId }
  difference { path change }`;

async function decide(id: string, approve: boolean, more: { answer?: unknown; comment?: string } = {}) {
  const { data, errors } = await api.graphql(
    `mutation ($id: ID!, $approve: Boolean!, $answer: JSON, $comment: String) {
       decideApproval(id: $id, approve: $approve, answer: $answer, comment: $comment) {
         approval { ${fields} } userErrors { field code message } } }`,
    { id, approve, ...more },
  );
  return { ...data?.decideApproval, errors };
}

let asked = 0;
/** A live run that asks something. */
async function ask(
  kind: ApprovalKind,
  more: Partial<ApprovalRequest> = {},
): Promise<{ runId: string; id: string }> {
  const runId = await startedRun(api, chain(1), { budget: { limit: '1' } });
  await api.store.runs.markDispatched(tenant, runId, 'temporal');
  return { runId, id: await askOf(runId, kind, more) };
}

async function askOf(
  runId: string,
  kind: ApprovalKind,
  more: Partial<ApprovalRequest> = {},
): Promise<string> {
  const path = more.taskPath ?? '';
  const id = approvalId(runId, path, `${kind.toLowerCase()}.1`);
  const request = { id, kind, question: 'Go on?', quorum: 1, requestedAt: at + asked++, ...more };
  await api.store.approvals.apply(tenant, runId, [{ type: 'request', request }]);
  return id;
}

const signalled = (name = 'decide') => api.gateway.signals.filter((signal) => signal.name === name);

describe('approvals (A13)', () => {
  it('are one list over all runs, oldest first, with what the run is for and has cost', async () => {
    const first = await ask('TASK', { taskPath: 'step0', context: { inline: { why: 'x' } } });
    const second = await ask('TASK', { taskPath: 'step0' });
    const list = async (more: string) => {
      const { data, errors } = await api.graphql(
        `{ approvals(${more}) { edges { cursor node { ${fields} } } pageInfo { hasNextPage endCursor } } }`,
      );
      expect(errors).toEqual([]);
      return data.approvals;
    };
    const page = await list('first: 1');
    expect(page.edges[0].node).toMatchObject({ id: first.id, context: { why: 'x' }, cost: '0' });
    expect(page.pageInfo.hasNextPage).toBe(true);
    const next = await list(`first: 1, after: "${page.pageInfo.endCursor}"`);
    expect(next.edges[0].node.id).toBe(second.id);
    await decide(first.id, false);
    expect(
      (await list('first: 200')).edges.map((edge: { node: { id: string } }) => edge.node.id),
    ).not.toContain(first.id);
    expect((await list('status: REJECTED')).edges.at(-1).node.id).toBe(first.id);
    const { data } = await api.graphql(
      `{ node(id: "${first.id}") { ... on Approval { status } } run(id: "${first.runId}") { approvals { id } } }`,
    );
    expect(data).toEqual({ node: { status: 'REJECTED' }, run: { approvals: [{ id: first.id }] } });
    const { errors } = await api.graphql('{ approvals(after: "x") { edges { cursor } } }');
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('are decided once; who comes second is told by whom and when', async () => {
    const { id, runId } = await ask('TASK', { taskPath: 'step0', argumentsHash: 'abc', policy: 'p@1' });
    const { approval, userErrors } = await decide(id, true, { comment: 'fine' });
    expect([approval.status, userErrors]).toEqual(['APPROVED', []]);
    expect(signalled()).toEqual([
      expect.objectContaining({
        workflowId: `run/${runId}`,
        argument: expect.objectContaining({
          approvalId: id,
          kind: 'TASK',
          path: 'step0',
          approve: true,
          by: ['local'],
          argumentsHash: 'abc',
          policy: 'p@1',
          comment: 'fine',
        }),
      }),
    ]);
    const again = await decide(id, false);
    expect(again.approval.status).toBe('APPROVED');
    expect(again.userErrors).toEqual([
      {
        field: ['id'],
        code: 'FAILED_PRECONDITION',
        message: expect.stringMatching(/^it was APPROVED by local at \d{4}-.*Z: fine$/),
      },
    ]);
    expect(signalled()).toHaveLength(1);
  });

  it('go to the workflow that holds the task', async () => {
    const { id, runId } = await ask('ESCALATION', { taskPath: 'sub/inner' });
    const sub = { path: 'sub', kind: 'plan', workflowId: `run/${runId}/sub`, status: 'RUNNING' } as const;
    await api.store.record({ tenant, runId, events: [], tasks: [sub] });
    await decide(id, true, { answer: { do: 'skip', output: 7 } });
    expect(signalled()).toEqual([
      expect.objectContaining({
        workflowId: `run/${runId}/sub`,
        argument: expect.objectContaining({ answer: { inline: { do: 'skip', output: 7 } } }),
      }),
    ]);
  });

  it('keep a decision that cannot be told now', async () => {
    const { id, runId } = await ask('TASK');
    api.gateway.broken = new Error('Temporal is away');
    expect((await decide(id, true)).userErrors).toEqual([]);
    expect((await api.store.signals.of(runId)).map(({ name }) => name)).toEqual(['decide']);
  });

  it('check an answer against its schema, all faults at once', async () => {
    const answerSchema = { type: 'object', required: ['n', 's'], properties: { n: { type: 'integer' } } };
    const { id } = await ask('TASK', { answerSchema });
    const { userErrors } = await decide(id, true, { answer: { n: 'x' } });
    expect(userErrors.map(({ field }: { field: string[] }) => field.join('.')).sort()).toEqual([
      'answer',
      'answer.n',
    ]);
    expect((await decide(id, true)).userErrors[0].message).toContain('an answer is wanted, by the schema {');
    const large = await decide(id, true, { answer: { n: 1, s: 'x'.repeat(64 * 1024) } });
    expect(large.userErrors[0].message).toMatch(/the answer has \d+ bytes; at most 65536/);
    const reject = await decide(id, false, { answer: 1 });
    expect(reject.userErrors[0]).toMatchObject({ field: ['answer'] });
    expect(signalled()).toEqual([]);
    expect((await decide(id, true, { answer: { n: 1, s: '' } })).approval.answer).toEqual({ n: 1, s: '' });
  });

  it('count people up to the quorum, each once', async () => {
    const { id } = await ask('TASK', { quorum: 2 });
    expect(await decide(id, true)).toMatchObject({ approval: { status: 'PENDING' }, userErrors: [] });
    const again = await decide(id, true);
    expect(again.userErrors[0].message).toBe('local has decided already: 2 people have to');
    await api.store.approvals.decide(tenant, id, { by: 'bob', approve: true, at });
    expect((await decide(id, true)).userErrors[0].message).toContain('it was APPROVED by ');
  });

  it('of a run that has ended need no answer', async () => {
    const { id, runId } = await ask('TASK');
    const run = { status: 'FAILED', finishedAt: Date.now() } as const;
    await api.store.record({ tenant, runId, events: [], tasks: [], run });
    expect((await decide(id, true)).userErrors).toEqual([
      expect.objectContaining({
        message: `nobody need answer this any more: run ${runId} has ended (FAILED)`,
      }),
    ]);
  });

  it('that do not exist are NOT_FOUND', async () => {
    expect((await decide('approval:run_x:task.1:y', true)).errors[0].extensions.code).toBe('NOT_FOUND');
  });
});

describe('an approval of a plan (A13)', () => {
  const known = { plan: { version: 1, ...chain(1) }, goal: null, estimate: null };

  it('takes an edited plan: valid, bound, and with its difference on record', async () => {
    const { id } = await ask('PLAN', {
      context: { inline: known as never },
      answerSchema: { type: 'object' },
    });
    const bad = { ...known.plan, tasks: [{ id: 'a', kind: 'tool', tool: 'nope' }] };
    const refusal = await decide(id, true, { answer: bad });
    expect(refusal.userErrors).toEqual([
      expect.objectContaining({ field: ['answer', 'tasks', '0', 'tool'] }),
    ]);
    const { approval, userErrors } = await decide(id, true, { answer: { version: 1, ...chain(2) } });
    expect(userErrors).toEqual([]);
    expect(approval.difference).toEqual([{ path: 'tasks.step1', change: 'added' }]);
    const { argument } = signalled()[0] as unknown as {
      argument: { answer: { inline: { tasks: unknown[] } } };
    };
    expect(argument.answer.inline.tasks).toHaveLength(2);
  });

  it('is approved as it is', async () => {
    const { id } = await ask('PLAN', {
      context: { inline: known as never },
      answerSchema: { type: 'object' },
    });
    expect((await decide(id, true)).approval).toMatchObject({ status: 'APPROVED', difference: null });
    expect(signalled()[0]?.argument).not.toHaveProperty('answer');
  });
});

describe('an approval of a budget (A13)', () => {
  it('takes the new limits, which have to leave room, and tells them before the decision', async () => {
    const { id, runId } = await ask('BUDGET');
    const usage = { inputTokens: 10, outputTokens: 0, cachedTokens: 0, modelCalls: 3, toolCalls: 0 };
    await api.store.record({
      tenant,
      runId,
      events: [],
      tasks: [],
      run: { usage: { ...usage, costNanos: 900_000_000 } },
    });
    expect((await decide(id, true)).userErrors).toHaveLength(1);
    const tight = await decide(id, true, { answer: { limit: '0.5', maxModelCalls: 3 } });
    expect(tight.userErrors.map(({ message }: { message: string }) => message)).toEqual([
      expect.stringContaining('answer.limit: leaves no room: $0.9 is spent'),
      expect.stringContaining('answer.maxModelCalls: leaves no room'),
    ]);
    expect((await decide(id, true, { answer: { limit: '5' } })).userErrors).toEqual([]);
    expect(api.gateway.signals.map(({ name }) => name)).toEqual(['setBudget', 'decide']);
    expect((await api.store.runs.get(tenant, runId))?.budget).toEqual({ limitNanos: 5_000_000_000 });
  });

  it('takes cheaper models for an answer, while there is something left for them (C6)', async () => {
    const { id, runId } = await ask('BUDGET');
    const { ledger } = api.store;
    const call = { tenant, runId, taskPath: null, deployment: 'd', priceVersion: null, leaseMs: 60_000 };
    const spend = async (key: string, nanos: number) => {
      await ledger.reserve({ ...call, key, nanos, tokens: 1 });
      await ledger.settle(tenant, key, { nanos, usage: noUsage });
    };
    await spend(`${runId}/1`, 600_000_000);
    await spend(`${runId}/2`, 400_000_000);
    const { userErrors } = await decide(id, true, { answer: { cheaper: true } });
    expect(userErrors).toMatchObject([{ field: ['answer', 'cheaper'], code: 'BAD_USER_INPUT' }]);
    const answer = { cheaper: true, limit: '1.2' };
    expect((await decide(id, true, { answer })).userErrors).toEqual([]);
    expect(await ledger.standing(tenant, runId)).toMatchObject({ remaining: 200_000_000, cheaper: true });
    const told = { limitNanos: 1_200_000_000, cheaper: true };
    expect(signalled('setBudget')[0]?.argument).toEqual(told);
  });
});

describe('an effect of unknown outcome (A13)', () => {
  const resolve = async (variables: object) => {
    const { data } = await api.graphql(
      `mutation ($runId: ID!, $path: String!, $happened: Boolean!, $output: JSON) {
         resolveUncertain(runId: $runId, path: $path, happened: $happened, output: $output) {
           run { id } userErrors { field code message } } }`,
      variables,
    );
    return data.resolveUncertain.userErrors;
  };
  const effect = async (runId: string) => {
    const place = { tenant, runId, path: 'step0', generation: 0 };
    const compensating = { type: 'call', tool: 'transform', with: {}, environment: {} } as const;
    const input = { inline: {} };
    await api.store.effects.register({
      ...place,
      idempotencyKey: 'k',
      tool: 'transform',
      effect: 'unkeyed',
      input,
      compensating,
      at,
    });
    await api.store.effects.settle({ ...place, state: 'MAYBE' });
  };

  it('is said to have happened, with its output', async () => {
    const { runId } = await ask('UNCERTAIN', { taskPath: 'step0' });
    await effect(runId);
    expect(await resolve({ runId, path: 'step0', happened: false, output: 1 })).toEqual([
      expect.objectContaining({ field: ['output'] }),
    ]);
    expect(await resolve({ runId, path: 'step0', happened: true, output: { n: 1 } })).toEqual([]);
    expect(signalled()[0]?.argument).toMatchObject({ approve: true, answer: { inline: { n: 1 } } });
    expect(await api.store.effects.get(tenant, runId, 'step0')).toMatchObject({
      state: 'HAPPENED',
      output: { inline: { n: 1 } },
    });
    const [again] = await resolve({ runId, path: 'step0', happened: false });
    expect(again).toMatchObject({
      field: ['path'],
      message: expect.stringContaining('it was APPROVED by local'),
    });
  });

  it('is said not to have happened: there is nothing to be undone', async () => {
    const { runId } = await ask('UNCERTAIN', { taskPath: 'step0' });
    await effect(runId);
    expect(await resolve({ runId, path: 'step0', happened: false })).toEqual([]);
    expect(signalled()[0]?.argument).toMatchObject({ approve: false });
    expect((await api.store.effects.get(tenant, runId, 'step0'))?.state).toBe('NONE');
  });

  it('is refused where nothing is unknown', async () => {
    const runId = await startedRun(api);
    expect(await resolve({ runId, path: 'nope', happened: true })).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND', field: ['path'] }),
    ]);
    await api.store.record({
      tenant,
      runId,
      events: [],
      tasks: [{ path: 'step0', kind: 'tool', status: 'RUNNING' }],
    });
    const [fault] = await resolve({ runId, path: 'step0', happened: true });
    expect(fault.message).toBe('task "step0" is RUNNING: it is known what became of it');
  });
});

describe('standing rules (A13)', () => {
  const add = async (input: object) =>
    (
      await api.graphql(
        `mutation ($input: StandingRuleInput!) { addStandingRule(input: $input) {
           rule { id tool template arguments argumentsHash createdBy revokedBy } userErrors { field message } } }`,
        { input },
      )
    ).data.addStandingRule;
  const revoke = async (id: string) =>
    api.graphql(
      `mutation ($id: ID!) { revokeStandingRule(id: $id) { rule { revokedBy } userErrors { message } } }`,
      { id },
    );
  const list = async (all = false) =>
    (await api.graphql(`{ standingRules(all: ${all}) { id } }`)).data.standingRules.map(
      ({ id }: { id: string }) => id,
    );

  it('are made for arguments, whatever the order of their names, and match by their hash', async () => {
    const { rule, userErrors } = await add({ tool: 'transform', arguments: { b: 1, a: [2] } });
    expect(userErrors).toEqual([]);
    expect(rule).toMatchObject({
      createdBy: 'local',
      argumentsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const same = await add({
      tool: 'transform',
      arguments: { a: [2], b: 1 },
      argumentsHash: rule.argumentsHash,
    });
    expect(same.rule.argumentsHash).toBe(rule.argumentsHash);
    const call = { tool: 'transform', template: null, argumentsHash: rule.argumentsHash };
    expect((await api.store.approvals.standingRules.matching(tenant, call))?.id).toBe(rule.id);
  });

  it('are refused with every fault, and revoked once', async () => {
    const bad = await add({ tool: 'nope', template: 'nope', arguments: 1, argumentsHash: 'a'.repeat(64) });
    expect(bad.userErrors.map(({ field }: { field: string[] }) => field[0])).toEqual([
      'tool',
      'template',
      'argumentsHash',
    ]);
    const { rule } = await add({ tool: 'transform' });
    expect(await list()).toContain(rule.id);
    expect((await revoke(rule.id)).data.revokeStandingRule.rule).toEqual({ revokedBy: 'local' });
    expect([(await list()).includes(rule.id), (await list(true)).includes(rule.id)]).toEqual([false, true]);
    const again = (await revoke(rule.id)).data.revokeStandingRule.userErrors;
    expect(again[0].message).toMatch(/^it was revoked by local at /);
    expect((await revoke('rule_x')).errors[0]?.extensions['code']).toBe('NOT_FOUND');
  });
});

describe('a link (A13)', () => {
  const link = async (id: string, more: object = {}) =>
    (
      await api.graphql(
        `mutation ($id: ID!, $expiresIn: Duration, $person: String) {
           approvalLink(id: $id, expiresIn: $expiresIn, person: $person) { url expiresAt person userErrors { code message } } }`,
        { id, ...more },
      )
    ).data?.approvalLink;
  const look = async (url: string) => {
    const response = await fetch(url);
    return { status: response.status, headers: response.headers, html: await response.text() };
  };
  const press = async (url: string, form: Record<string, string>) => {
    const { origin, pathname, searchParams } = new URL(url);
    const body = new URLSearchParams({ token: searchParams.get('token') ?? '', ...form });
    const response = await fetch(`${origin}${pathname}`, { method: 'POST', body, headers: { origin } });
    return { status: response.status, html: await response.text() };
  };

  it('shows the question, and decides once in the name of whom it was made for', async () => {
    const { id } = await ask('TASK', {
      question: 'Publish <b>it</b>?',
      context: { inline: '</pre><script>alert(1)</script>' },
    });
    const { url, person } = await link(id, { person: 'Ann' });
    expect(person).toBe('Ann');
    expect(url.startsWith(`${api.url}/v1/approvals/decide?token=`)).toBe(true);
    for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(url, { method })).status).toBe(200);
    const { headers, html } = await look(url);
    expect(html).toContain('Publish &lt;b&gt;it&lt;/b&gt;?');
    expect(html).not.toContain('<script');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await api.store.approvals.get(tenant, id))?.status).toBe('PENDING');
    expect((await press(url, {})).status).toBe(422);
    expect((await press(url, { decision: 'approve', comment: 'fine' })).status).toBe(200);
    expect(await api.store.approvals.get(tenant, id)).toMatchObject({
      status: 'APPROVED',
      decisions: [{ by: 'Ann', comment: 'fine' }],
    });
    const after = await press(url, { decision: 'reject' });
    expect(after.status).toBe(410);
    expect(after.html).toContain('has been used');
    expect(signalled()).toHaveLength(1);
  });

  it('stays good when an answer is refused', async () => {
    const answerSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    const { id } = await ask('TASK', { answerSchema });
    const { url } = await link(id);
    expect((await press(url, { decision: 'approve', answer: '{' })).html).toContain('the answer is not JSON');
    const refusal = await press(url, { decision: 'approve', answer: '{"n":"x"}' });
    expect([refusal.status, refusal.html.includes('answer.n')]).toEqual([422, true]);
    expect((await press(url, { decision: 'approve', answer: '{"n":1}' })).status).toBe(200);
  });

  it('says so when it is used, expired, unknown, or made for what is over', async () => {
    const { id } = await ask('TASK', { quorum: 2 });
    const used = await link(id, { person: 'Ann' });
    expect((await press(used.url, { decision: 'approve' })).html).toContain('1 more must approve');
    expect(await look(used.url)).toMatchObject({
      status: 410,
      html: expect.stringContaining('has been used'),
    });
    const links = api.store.approvals.links;
    const { token } = await links.create({ tenant, approvalId: id, person: 'x', expiresAt: Date.now() - 1 });
    const expired = `${api.url}/v1/approvals/decide?token=${token}`;
    expect(await look(expired)).toMatchObject({ status: 410, html: expect.stringContaining('has expired') });
    expect((await press(expired, { decision: 'approve' })).status).toBe(410);
    for (const query of ['?token=forged', '?token=', '', '?token=a&token=b'])
      expect((await look(`${api.url}/v1/approvals/decide${query}`)).status).toBe(404);
    expect((await press(`${expired}x`, { decision: 'approve' })).status).toBe(404);
    const { url } = await link(id);
    await decide(id, false);
    expect((await look(url)).status).toBe(409);
    for (const gone of [used.url, expired]) {
      const shown = await look(gone);
      expect([shown.status, shown.html.includes('REJECTED')]).toEqual([410, false]);
    }
    expect((await link(id)).userErrors[0].message).toBe(
      'it is REJECTED: there is nothing to be decided any more',
    );
    const late = await ask('TASK', { expiresAt: Date.now() - 1 });
    expect(await link(late.id)).toMatchObject({
      url: null,
      userErrors: [
        { code: 'FAILED_PRECONDITION', message: expect.stringContaining('the time to decide it is over') },
      ],
    });
  });

  it('takes a form of its own page only, and no other life than from a minute to a month', async () => {
    const { id } = await ask('TASK');
    const { url } = await link(id);
    const evil = await fetch(url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(evil.status).toBe(400);
    const foreign = await fetch(url, { method: 'POST', headers: { origin: 'https://evil.test' } });
    expect(foreign.status).toBe(403);
    for (const expiresIn of ['1s', '40d']) {
      const { errors } = await api.graphql(
        `mutation { approvalLink(id: "${id}", expiresIn: "${expiresIn}") { url } }`,
      );
      expect(errors[0]?.message).toContain('from one minute to 30 days');
    }
  });
});
