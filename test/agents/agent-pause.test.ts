import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import type { AgentToolResult } from '#workflows';
import { openaiAt, startModelServer } from '../routing/nexus-fixture.js';
import { startAgents } from './agents-fixture.js';
import type { AgentsFixture } from './agents-fixture.js';

let server: LLMock;
let agents: AgentsFixture;
beforeAll(async () => {
  server = await startModelServer();
  agents = await startAgents(openaiAt(server));
});
beforeEach(() => {
  server.reset();
  agents.calls.length = 0;
  agents.toolCalls.length = 0;
  agents.records.length = 0;
  const turn = { toolCalls: [{ id: 'c1', name: 'file_read', arguments: '{"path":"a"}' }] };
  server.on({ turnIndex: 0 }, turn);
  server.on({ turnIndex: 1 }, { content: 'It is blue.' });
});
afterAll(async () => {
  await agents.close();
  await server.stop();
});

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Long enough for a turn to begin that could. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 1_000));
const shown = () => agents.records.flatMap(({ tasks }) => tasks.map(({ status }) => status));
const signal = (workflowId: string, name: string, ...args: object[]) =>
  agents.client.workflow.getHandle(workflowId).signal(name, ...args);

describe('an agent whose run is paused (A10)', () => {
  it('ends the call under way, begins no turn, and goes on from there', async () => {
    let answer: (result: AgentToolResult) => void = () => undefined;
    const handle = await agents.start({ tool: () => new Promise((resolve) => (answer = resolve)) });
    await until(() => agents.toolCalls.length === 1);
    await signal(handle.workflowId, 'pause', { source: 'API', by: 'ops', since: Date.now() });
    answer({ output: { inline: 'read' } });
    await until(() => shown().length === 1);
    await quiet();
    expect(agents.calls).toHaveLength(1);
    expect(shown()).toEqual(['PAUSED']);
    await signal(handle.workflowId, 'resume', { by: 'ops', at: Date.now() });
    expect(await handle.result()).toMatchObject({ result: { inline: 'It is blue.' }, turns: 2 });
    expect(shown()).toEqual(['PAUSED', 'RUNNING']);
    await (await handle.history()).replay();
  });

  it('begins nothing at all when the run was paused first', async () => {
    const pauses = [{ source: 'API', by: 'ops', since: 1 }] as const;
    const handle = await agents.start({ pauses });
    await until(() => shown().length === 1);
    await quiet();
    expect(agents.calls).toHaveLength(0);
    await signal(handle.workflowId, 'resume');
    expect(await handle.result()).toMatchObject({ turns: 2 });
  });

  it('makes a call again that workers have cut, or refused before the pause was known here', async () => {
    const answers: AgentToolResult[] = [
      { notNow: 'PAUSED', detail: 'the run is paused' },
      { output: { inline: 'read' } },
    ];
    const handle = await agents.start({ tool: () => answers.shift() ?? { output: { inline: null } } });
    expect(await handle.result()).toMatchObject({ turns: 2 });
    expect(agents.toolCalls.map(({ path }) => path)).toEqual([
      'find/turn[0]/call[0]',
      'find/turn[0]/call[0]',
    ]);
  });
});

describe('an agent whose tool is switched off (A11)', () => {
  it('waits, says so, and goes on when it is told to look again', async () => {
    let isOff = true;
    const off: AgentToolResult = { notNow: 'KILL_SWITCH', detail: 'tool file.read is switched off' };
    const handle = await agents.start({ tool: () => (isOff ? off : { output: { inline: 'read' } }) });
    await until(() => shown().length === 1);
    expect(agents.records[0]?.tasks).toMatchObject([
      { path: 'find', status: 'WAITING', waiting: { kind: 'KILL_SWITCH', detail: off.detail } },
    ]);
    isOff = false;
    await signal(handle.workflowId, 'nudge');
    expect(await handle.result()).toMatchObject({ turns: 2 });
    expect(shown()).toEqual(['WAITING', 'RUNNING']);
  });
});
