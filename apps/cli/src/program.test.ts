import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nexusError } from '#contracts';
import { createApiClient } from './api-client.js';
import type { ApiClient } from './api-client.js';
import { runCli } from './program.js';
import { outputTo } from './terminal.js';

type Answer = (variables: never) => unknown;

/** An API that answers by the name of the operation. */
function fakeApi(answers: Record<string, Answer>, events: readonly object[] = []): ApiClient {
  const answer = (text: string) => answers[/(?:query|mutation) (\w+)/.exec(text)?.[1] ?? ''];
  return {
    url: 'http://nexus.test',
    request: async (operation, variables) => {
      const found = answer(operation.text);
      if (!found) throw nexusError('INTERNAL', `unexpected ${operation.text}`);
      return found(variables as never) as never;
    },
    subscribe: async function* () {
      for (const runEvents of events) yield { runEvents } as never;
    },
  };
}

async function nexus(args: readonly string[], api: ApiClient = fakeApi({}), workingDirectory = tmpdir()) {
  const written = { data: '', talk: '' };
  const into = (name: 'data' | 'talk') => outputTo({ write: (text: string) => (written[name] += text) }, {});
  const code = await runCli(args, {
    terminal: { data: into('data'), talk: into('talk') },
    env: {},
    workingDirectory,
    api: () => api,
    interruptible: (work) => work(new AbortController().signal),
  });
  return { code, ...written };
}

const usage = {
  inputTokens: 10,
  outputTokens: 5,
  cachedTokens: 0,
  modelCalls: 1,
  toolCalls: 2,
  cost: '0.0123',
  durationMs: 900,
};
const noPages = { pageInfo: { hasNextPage: false, endCursor: null } };
const run = {
  id: 'run_1',
  goal: 'Do it',
  labels: [],
  status: 'SUCCEEDED',
  waitingFor: null,
  pauses: [],
  approvals: [],
  plan: null,
  estimate: null,
  output: { answer: 42 },
  error: null,
  usage,
  workflowId: 'run/run_1',
  temporalUrl: 'http://127.0.0.1:8233/run',
  createdAt: '2026-01-01T00:00:00Z',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
  tasks: { edges: [], ...noPages },
  artefacts: { edges: [], ...noPages },
};
const startedRun = { id: 'run_1', status: 'PENDING', workflowId: 'run/run_1', temporalUrl: null };
const ended = {
  cursor: '1',
  type: 'run.ended',
  at: '2026-01-01T00:00:01Z',
  taskPath: null,
  data: { status: 'SUCCEEDED' },
};

describe('nexus run', () => {
  it('starts a goal with all that was given, and waits for its outcome', async () => {
    let input: unknown;
    const api = fakeApi(
      {
        StartGoal: (variables: { input: unknown }) => {
          input = variables.input;
          return { startGoal: { run: startedRun, userErrors: [] } };
        },
        RunStatus: () => ({ run }),
        Run: () => ({ run }),
      },
      [ended],
    );
    const args = [
      'run',
      'Do it',
      '--input',
      'a=1',
      '--label',
      'x',
      '--label',
      'y',
      '--priority',
      '2',
      '--idempotency-key',
      'k',
    ];
    const result = await nexus(args, api);
    expect(input).toEqual({
      goal: 'Do it',
      inputs: { a: 1 },
      labels: ['x', 'y'],
      priority: 2,
      idempotencyKey: 'k',
    });
    expect(result.code).toBe(0);
    expect(result.talk).toContain('run.ended');
    expect(result.data).toContain('✓ SUCCEEDED  Do it  in 1.0s');
    expect(result.data).toContain('"answer": 42');
    expect(result.data).toContain('2 tool calls, 1 model call, 15 tokens, $0.0123');
  });

  it.each([
    [{ status: 'FAILED', error: { code: 'TOOL_FAILED', message: 'no', hint: null, taskPath: 'a' } }, 1],
    [{ status: 'FAILED', error: { code: 'BUDGET_EXCEEDED', message: 'no', hint: null, taskPath: null } }, 6],
    [{ status: 'KILLED' }, 6],
    [{ status: 'CANCELLED' }, 1],
  ])('exits by how the run ended: %j', async (ending, code) => {
    const api = fakeApi({
      StartGoal: () => ({ startGoal: { run: startedRun, userErrors: [] } }),
      RunStatus: () => ({ run: { ...run, ...ending } }),
      Run: () => ({ run: { ...run, ...ending } }),
    });
    expect((await nexus(['run', 'Do it', '--json'], api)).code).toBe(code);
  });

  it('prints the ID alone when it does not wait', async () => {
    const api = fakeApi({ StartGoal: () => ({ startGoal: { run: startedRun, userErrors: [] } }) });
    expect(await nexus(['run', 'Do it', '--detach'], api)).toMatchObject({ code: 0, data: 'run_1\n' });
  });

  it('sends the plan of a file, and names every fault of a refused one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nexus-cli-'));
    writeFileSync(join(directory, 'plan.yaml'), 'name: p\ntasks: []\n');
    let plan: unknown;
    const api = fakeApi({
      StartPlan: (variables: { input: { plan: unknown } }) => {
        plan = variables.input.plan;
        const refused = (field: string[], message: string) => ({ field, code: 'BAD_USER_INPUT', message });
        return {
          startPlan: {
            run: null,
            userErrors: [
              refused(['plan', 'tasks', '0', 'id'], 'tasks[0].id: missing'),
              refused(['plan', 'tasks', '0'], 'no tool'),
            ],
          },
        };
      },
    });
    const result = await nexus(['run', '--plan', 'plan.yaml'], api, directory);
    expect(plan).toEqual({ name: 'p', tasks: [] });
    expect(result).toMatchObject({ code: 2, data: '' });
    expect(result.talk).toContain('error: tasks[0].id: missing\nplan.tasks.0: no tool\n');
  });

  it.each([
    [[], 'give a GOAL, or --plan FILE'],
    [
      ['a goal', '--plan', 'x', '--template', 't'],
      'a GOAL and --plan exclude each other\n--template and --plan exclude each other',
    ],
    [['a goal', '--priority', '9'], '--priority: "9" is not a whole number from 1 to 5'],
    [['a goal', '--timeout', 'soon'], '"soon" is not a duration'],
    [['a goal', '--frobnicate'], "unknown option '--frobnicate'"],
    [['--plan', 'missing.yaml'], 'cannot read'],
  ])('refuses %j as wrong usage', async (args, message) => {
    const result = await nexus(['run', ...args]);
    expect(result).toMatchObject({ code: 2, data: '' });
    expect(result.talk).toContain(message);
  });
});

describe('nexus', () => {
  it.each([
    [['status', '--frobnicate'], "unknown option '--frobnicate'"],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['plan', 'validate'], "missing required argument 'file'"],
  ])('tells wrong usage %j in words, and as JSON when asked', async (args, message) => {
    expect(await nexus(args)).toMatchObject({ code: 2, data: '' });
    const result = await nexus([...args, '--json']);
    expect(result).toMatchObject({ code: 2, data: '' });
    expect(JSON.parse(result.talk)).toMatchObject({ error: { code: 'BAD_USER_INPUT', message } });
  });

  it('names the command whose help to read', async () => {
    expect((await nexus(['plan', 'validate'])).talk).toContain('(see: nexus plan validate --help)');
  });

  it('names the statuses there are', async () => {
    const result = await nexus(['status', '--status', 'DONE']);
    expect(result).toMatchObject({ code: 2, data: '' });
    expect(result.talk).toMatch(/--status: "DONE" is not a status.*\n.*RUNNING/);
  });

  it('tells where no Nexus answers, and how to start one', async () => {
    const result = await nexus(['status'], createApiClient('http://127.0.0.1:9'));
    expect(result.code).toBe(1);
    expect(result.talk).toMatch(/no Nexus answers at http:\/\/127\.0\.0\.1:9.*\n.*nexus up/);
  });

  it('exits with 3 when there is no such run, as JSON when asked', async () => {
    const result = await nexus(['status', 'run_x', '--json'], fakeApi({ Run: () => ({ run: null }) }));
    expect(result).toMatchObject({ code: 3, data: '' });
    expect(JSON.parse(result.talk)).toMatchObject({
      error: { code: 'NOT_FOUND', hint: 'list the runs: nexus status' },
    });
  });

  it.each(['fork', 'replay'])('refuses %s for now', async (command) => {
    const result = await nexus([command, 'x', '--reason', 'y']);
    expect(result).toMatchObject({ code: 5, data: '' });
    expect(result.talk).toContain(`nexus ${command} is not available yet`);
  });

  it.each([
    [['--help'], 0],
    [['run', '--help'], 0],
    [['--version'], 0],
    [[], 2],
    [['frobnicate'], 2],
  ])('exits %j with %d', async (args, code) => {
    expect((await nexus(args)).code).toBe(code);
  });

  it('streams every event as one JSON object a line', async () => {
    const api = fakeApi({ Run: () => ({ run }), RunStatus: () => ({ run }) }, [
      { ...ended, cursor: '0', type: 'run.started' },
      ended,
    ]);
    const { code, data } = await nexus(['watch', 'run_1', '--json'], api);
    expect(code).toBe(0);
    expect(
      data
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['run.started', 'run.ended']);
  });

  it('prints what tasks wrote, streamed or handed in at the end, each once', async () => {
    const output = (taskPath: string, text: string) => ({
      node: { ...ended, type: 'task.output', taskPath, data: { stream: 'stdout', text } },
    });
    const attempt = (stdout: string | null, stderr: string | null) => ({
      startedAt: ended.at,
      stdout,
      stderr,
    });
    const api = fakeApi({
      Events: () => ({ run: { events: { edges: [output('a', 'one\n'), output('b', 'no\n')], ...noPages } } }),
      TaskOutput: () => ({
        run: {
          tasks: {
            edges: [
              { node: { path: 'a', attempts: [attempt('one\n', null)] } },
              { node: { path: 'a/inner', attempts: [attempt(null, 'two\n')] } },
              { node: { path: 'b', attempts: [attempt('no\n', null)] } },
            ],
            ...noPages,
          },
        },
      }),
    });
    expect(await nexus(['logs', 'run_1', '--task', 'a'], api)).toMatchObject({
      code: 0,
      data: 'a | one\na/inner ! two\n',
    });
  });

  it('says so with exit code 3 when there is no such task, but not when it wrote nothing', async () => {
    const api = (known: boolean) =>
      fakeApi({
        Events: () => ({ run: { events: { edges: [], ...noPages } } }),
        TaskOutput: () => ({
          run: { tasks: { edges: [{ node: { path: 'quiet', attempts: [] } }], ...noPages } },
        }),
        TaskKnown: () => ({ run: { task: known ? { path: 'each[3]/item' } : null } }),
      });
    const missing = await nexus(['logs', 'run_1', '--task', 'nope'], api(false));
    expect(missing.code).toBe(3);
    expect(missing.talk).toContain('run run_1 has no task "nope"');
    expect(await nexus(['logs', 'run_1', '--task', 'quiet'], api(false))).toMatchObject({ code: 0 });
    expect(await nexus(['logs', 'run_1', '--task', 'each[3]/item'], api(true))).toMatchObject({ code: 0 });
  });
});

describe('nexus plan validate', () => {
  const noServer = createApiClient('http://127.0.0.1:9');

  async function validated(plan: string, ...options: string[]) {
    const directory = mkdtempSync(join(tmpdir(), 'nexus-cli-'));
    writeFileSync(join(directory, 'plan.yaml'), plan);
    return nexus(['plan', 'validate', 'plan.yaml', ...options], noServer, directory);
  }

  it('accepts a sound plan without a server', async () => {
    const result = await validated(
      'version: 1\nname: p\ntasks:\n  - { id: a, kind: tool, tool: shell.run, with: { command: ls } }\n',
    );
    expect(result).toMatchObject({ code: 0, data: '✓ plan.yaml is valid\n' });
    expect(result.talk).toContain('no Nexus runs here');
  });

  it('names every fault with its place', async () => {
    const plan = 'version: 1\nname: p\ntasks:\n  - { id: a, kind: tool, tool: shel.run, needs: [b] }\n';
    const { code, data } = await validated(plan);
    expect(code).toBe(2);
    expect(data).toContain('tasks[0].tool');
    expect(data).toContain('shell.run');
    expect(data).toContain('tasks[0].needs[0]');
    const json = JSON.parse((await validated(plan, '--json')).data) as {
      valid: boolean;
      faults: { path: string }[];
    };
    expect(json.valid).toBe(false);
    expect(json.faults.map((fault) => fault.path)).toEqual(
      expect.arrayContaining(['tasks[0].needs[0]', 'tasks[0].tool']),
    );
  });

  it('names the line of a syntax fault', async () => {
    const { code, talk } = await validated('a: [1\nb: }');
    expect(code).toBe(2);
    expect(talk).toContain('at line 2');
  });
});
