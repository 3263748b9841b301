import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHome, hookTimeoutMs, type NexusProcess } from './nexus-process.js';

const home = createHome('bad-input');
let nexus: NexusProcess;
beforeAll(async () => {
  nexus = await home.start();
}, hookTimeoutMs);
afterAll(() => home.remove());

async function runCount(): Promise<number> {
  const { data } = await nexus.graphql('{ runs { edges { node { id } } } }');
  return (data.runs.edges as unknown[]).length;
}

const nexusCli = (...args: string[]) => home.run(args, { NEXUS_URL: nexus.url });
const unknownRun = 'run_00000000-0000-7000-8000-000000000000';

/** Every fault that a plan can have at once, but for those that hide others. */
const badPlan = {
  inputs: { type: 'object', required: ['repo'], properties: { repo: { type: 'string' } } },
  tasks: [
    { id: 'build', kind: 'tool', tool: 'shel.run', with: { command: 'true' } },
    { id: 'test', kind: 'tool', tool: 'shell.run', needs: ['bild'], with: { command: 'true' } },
    { id: 'ship', kind: 'tool', tool: 'shell.run', with: { command: '${tasks.test.output.stdout}' } },
    { id: 'one', kind: 'wait', for: '1s', needs: ['two'] },
    { id: 'two', kind: 'wait', for: '1s', needs: ['one'] },
  ],
};

describe('a bad plan', () => {
  const start = `mutation ($input: StartPlanInput!) {
    startPlan(input: $input) { run { id } userErrors { field code message } }
  }`;
  const faultsOf = async (input: object) => {
    const { data, errors } = await nexus.graphql(start, { input });
    expect([errors, data.startPlan.run]).toEqual([[], null]);
    return data.startPlan.userErrors as { field: string[]; code: string; message: string }[];
  };

  it('is refused with every fault, each with its place and what may be meant (A3)', async () => {
    const faults = await faultsOf({ plan: badPlan });
    const told = faults.map(({ field, message }) => `${field.join('.')}: ${message}`).join('\n');
    expect(told).toMatch(/plan\.tasks\.0\.tool: .*shel\.run.*shell\.run/);
    expect(told).toMatch(/plan\.tasks\.1\.needs\.0: .*bild.*build/);
    expect(told).toMatch(/plan\.tasks\.2\.with.*: .*test/);
    expect(told).toMatch(/cycle: (one -> two -> one|two -> one -> two)/);
    expect(faults.every(({ code }) => code !== 'INTERNAL')).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'run this', /object/],
    ['nothing', {}, /tasks/],
    ['an unknown kind', { tasks: [{ id: 'a', kind: 'tol' }] }, /kind/],
    ['fields nobody knows', { tasks: [{ id: 'a', kind: 'wait', fore: '1s' }] }, /fore/],
    [
      'two tasks of one name',
      {
        tasks: [
          { id: 'a', kind: 'wait', for: '1s' },
          { id: 'a', kind: 'wait', for: '1s' },
        ],
      },
      /a\b/,
    ],
    [
      'a broken expression',
      { tasks: [{ id: 'a', kind: 'tool', tool: 'transform', with: { expression: '${1 +}' } }] },
      /\$\{1 \+\}|expression/,
    ],
    [
      'an expression with globals',
      { tasks: [{ id: 'a', kind: 'tool', tool: 'transform', with: { expression: '${process.env}' } }] },
      /process/,
    ],
    ['a duration that is none', { tasks: [{ id: 'a', kind: 'wait', for: 'a while' }] }, /a while|duration/],
    [
      'what cannot run yet',
      { tasks: [{ id: 'a', kind: 'tool', tool: 'file.list', with: { path: '.' }, cache: { ttl: '1h' } }] },
      /cache/,
    ],
  ])('of %s is refused (A3)', async (_what, plan, message) => {
    const faults = await faultsOf({ plan });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.map((fault) => `${fault.field.join('.')} ${fault.message}`).join('\n')).toMatch(message);
  });

  it('with inputs that do not fit names what is missing and what is wrong (A3)', async () => {
    const plan = {
      inputs: { type: 'object', required: ['repo', 'depth'], properties: { depth: { type: 'integer' } } },
      tasks: [{ id: 'a', kind: 'wait', for: '1s' }],
    };
    const told = (await faultsOf({ plan, inputs: { depth: 'deep' } }))
      .map(({ field, message }) => `${field.join('.')} ${message}`)
      .join('\n');
    expect(told).toContain('repo');
    expect(told).toContain('depth');
  });
});

describe('a bad request to the API', () => {
  it.each<[string, string, object, string, RegExp]>([
    ['text that is no GraphQL', '{ runs(', {}, 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['a field that is not there', '{ runz { id } }', {}, 'GRAPHQL_VALIDATION_FAILED', /runz/],
    [
      'a variable of the wrong type',
      'query ($n: Int) { runs(first: $n) { edges { cursor } } }',
      { n: 'x' },
      'BAD_USER_INPUT',
      /\$n/,
    ],
    [
      'a page that is too large',
      '{ runs(first: 1000) { edges { cursor } } }',
      {},
      'BAD_USER_INPUT',
      /first: at most 200/,
    ],
    [
      'a cursor that is none',
      '{ runs(after: "page 2") { edges { cursor } } }',
      {},
      'BAD_USER_INPUT',
      /page 2|cursor/,
    ],
    [
      'a command on an unknown run',
      `mutation { cancelRun(id: "${unknownRun}") { run { id } } }`,
      {},
      'NOT_FOUND',
      new RegExp(unknownRun),
    ],
    [
      'a priority out of range, an empty key',
      'mutation { startPlan(input: { plan: {}, priority: 9, idempotencyKey: "" }) { run { id } } }',
      {},
      'BAD_USER_INPUT',
      /priority.*idempotencyKey|idempotencyKey.*priority/s,
    ],
  ])('%s is refused by its code, with the place (G1)', async (_what, query, variables, code, message) => {
    const { errors } = await nexus.graphql(query, variables);
    expect(errors.length).toBeGreaterThan(0);
    for (const { extensions } of errors) {
      expect(extensions).toMatchObject({ code, retryable: false, requestId: expect.stringMatching(/./) });
    }
    expect(errors.map((error) => error.message).join('\n')).toMatch(message);
  });

  it('what is not known is null to a query (G1)', async () => {
    const { data, errors } = await nexus.graphql(
      `{ run(id: "${unknownRun}") { id } node(id: "nonsense") { id } }`,
    );
    expect([data, errors]).toEqual([{ run: null, node: null }, []]);
  });

  it('an artefact that is not there is a problem with a status (G1)', async () => {
    const response = await fetch(`${nexus.url}/v1/artefacts/art_none`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      title: 'NOT_FOUND',
      detail: expect.stringContaining('art_none'),
    });
  });
});

describe('a bad command line', () => {
  const plan = (text: string): string => {
    const file = join(home.workspace, 'bad.plan.yaml');
    writeFileSync(file, text);
    return file;
  };

  it.each<[string, () => string[], number, readonly RegExp[]]>([
    ['nothing to run', () => ['run'], 2, [/give a GOAL, or --plan FILE/, /nexus run --help/]],
    [
      'what excludes each other',
      () => ['run', 'a goal', '--plan', 'x.yaml', '--template', 't'],
      2,
      [/a GOAL and --plan exclude/, /--template and --plan exclude/],
    ],
    ['a plan file that is not there', () => ['run', '--plan', 'nowhere.yaml'], 2, [/nowhere\.yaml/]],
    [
      'a plan file with bad syntax',
      () => ['run', '--plan', plan('tasks: [\n  { id: a')],
      2,
      [/neither YAML nor JSON/, /line \d/],
    ],
    [
      'a plan with faults',
      () => ['run', '--plan', plan(JSON.stringify(badPlan))],
      2,
      [/tasks\[0\]\.tool/, /tasks\[1\]\.needs\[0\]/, /cycle/],
    ],
    ['an unknown run', () => ['status', unknownRun], 3, [new RegExp(unknownRun)]],
    ['an unknown command', () => ['strat'], 2, [/strat/, /start|status/]],
    ['an unknown option', () => ['status', '--al'], 2, [/--al/]],
  ])('%s: exit code and what to do (G3)', async (_what, args, code, messages) => {
    const end = await nexusCli(...args());
    expect([end.code, end.stdout]).toEqual([code, '']);
    for (const message of messages) expect(end.stderr).toMatch(message);
  });

  it('with no Nexus there says how to start one (G3)', async () => {
    const { code, stderr } = await home.run(['status'], { NEXUS_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:9');
    expect(stderr).toMatch(/nexus up|npm start/);
  });
});

it('starts nothing, whichever door bad input comes through (A3)', async () => {
  expect(await runCount()).toBe(0);
});
