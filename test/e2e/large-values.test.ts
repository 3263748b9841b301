import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LLMock } from '@copilotkit/aimock';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createHome, hookTimeoutMs, type NexusProcess } from './nexus-process.js';
import { runPlan, type ShownRun } from './runs.js';

const twoMegabytes = 2_000_000;
const home = createHome('large');
const model = new LLMock({ port: 0 });
let server: Server;
let nexus: NexusProcess;
let origin: string;

beforeAll(async () => {
  // The path says how many bytes are wanted.
  server = createServer(({ url = '/0' }, response) => response.end('x'.repeat(Number(url.slice(1)))));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const allowed = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin = `http://${allowed}`;
  await model.start();
  nexus = await home.start({
    NEXUS_HTTP_ALLOW: allowed,
    OPENAI_BASE_URL: `${model.url}/v1`,
    OPENAI_API_KEY: 'sk-test',
  });
}, hookTimeoutMs);
afterAll(async () => {
  await home.remove();
  server.closeAllConnections();
  server.close();
  await model.stop();
});

const call = (tool: string, input: object) => ({ id: 'it', kind: 'tool', tool, with: input });
const lengthOf = (run: ShownRun): number => (run.output as string).length;

describe('two megabytes', () => {
  it('as inputs come out as output (A18)', async () => {
    const text = 'é'.repeat(twoMegabytes / 2);
    const plan = {
      tasks: [call('transform', { expression: '${inputs.text}' })],
      output: '${tasks.it.output}',
    };
    expect((await runPlan(nexus, plan, { text })).output).toBe(text);
  });

  it.each<[string, () => object, string]>([
    ['a file', () => call('file.read', { path: file(twoMegabytes) }), '${tasks.it.output.content}'],
    [
      'a reply over HTTP',
      () => call('http.request', { url: `${origin}/${twoMegabytes}` }),
      '${tasks.it.output.body}',
    ],
    ["a team's own tool", () => call('ledger.quick', { chars: twoMegabytes }), '${tasks.it.output.value}'],
  ])('from %s are passed on whole (A18)', async (_where, task, output) => {
    const run = await runPlan(nexus, { tasks: [task()], output });
    expect([run.status, run.error]).toEqual(['SUCCEEDED', null]);
    expect(lengthOf(run)).toBe(twoMegabytes);
  });

  it('from a model are passed on whole (A18)', async () => {
    model.onMessage('at length', { content: 'y'.repeat(twoMegabytes) });
    const task = { id: 'it', kind: 'model', model: 'nexus:standard', prompt: 'at length' };
    const run = await runPlan(nexus, { tasks: [task], output: '${tasks.it.output.text}' });
    expect([run.status, run.error]).toEqual(['SUCCEEDED', null]);
    expect(lengthOf(run)).toBe(twoMegabytes);
  });

  it('on standard output are an artefact, their end in the result (A18)', async () => {
    const command = `head -c ${twoMegabytes} /dev/zero | tr '\\0' x`;
    const run = await runPlan(nexus, {
      tasks: [call('shell.run', { command })],
      output: '${tasks.it.output}',
    });
    expect([run.status, run.error]).toEqual(['SUCCEEDED', null]);
    const { stdout, artefacts } = run.output as { stdout: string; artefacts: string[] };
    expect(stdout).toHaveLength(64 * 1024);
    expect(artefacts).toHaveLength(1);
    const whole = await (await fetch(`${nexus.url}/v1/artefacts/${artefacts[0]}`)).text();
    expect(whole).toBe('x'.repeat(twoMegabytes));
  });

  it('of an error message are cut, and the run fails (A18)', async () => {
    const task = { ...call('fail.verbosely', { chars: 3_000_000 }), retry: { maxAttempts: 1 } };
    for (const grain of ['auto', 'task']) {
      const run = await runPlan(nexus, { grain, tasks: [task] });
      expect(run).toMatchObject({ status: 'FAILED', error: { code: 'TOOL_FAILED', taskPath: 'it' } });
      expect(run.error!.message).toMatch(/^no no no/);
    }
  });
});

describe('more than is taken', () => {
  it.each<[string, () => object]>([
    ['a file', () => call('file.read', { path: file(5_000_000) })],
    ['a reply over HTTP', () => call('http.request', { url: `${origin}/17000000` })],
    ['a command', () => call('shell.run', { command: 'head -c 3000 /dev/zero', maxOutputBytes: 2_000 })],
    ["a team's own tool", () => call('ledger.quick', { chars: 33 * 1024 * 1024 })],
  ])('from %s fails the task once, by its code, with a hint (A18)', async (_where, task) => {
    const run = await runPlan(nexus, { tasks: [task()] });
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'OUTPUT_TOO_LARGE', taskPath: 'it' } });
    expect(run.error?.hint).toBeTruthy();
    expect(run.events.filter(({ type }) => type === 'task.retrying')).toEqual([]);
  });

  it('as inputs is refused before there is a run (A18)', async () => {
    const before = await countRuns();
    const start = `mutation ($input: StartPlanInput!) { startPlan(input: $input) { userErrors { field message } } }`;
    const plan = { tasks: [call('transform', { expression: '1' })] };
    const tooLarge = await nexus.graphql(start, { input: { plan, inputs: { text: 'x'.repeat(33 << 20) } } });
    expect(tooLarge.data.startPlan.userErrors).toEqual([
      { field: ['inputs'], message: expect.stringContaining('at most') },
    ]);
    const farTooLarge = await nexus.graphql(start, {
      input: { plan, inputs: { text: 'x'.repeat(41 << 20) } },
    });
    expect(farTooLarge.status).toBe(413);
    expect(farTooLarge.errors[0]?.message).toContain('40 MB');
    expect(await countRuns()).toBe(before);
  });
});

async function countRuns(): Promise<number> {
  const { data } = await nexus.graphql('{ runs(first: 200) { edges { node { id } } } }');
  return (data.runs.edges as unknown[]).length;
}

function file(bytes: number): string {
  const name = `${bytes}.txt`;
  writeFileSync(join(home.workspace, name), 'z'.repeat(bytes));
  return name;
}

it('leaves a server that still works', async () => {
  const run = await runPlan(nexus, {
    tasks: [call('transform', { expression: '${1 + 1}' })],
    output: '${tasks.it.output}',
  });
  expect(run.output).toBe(2);
});
