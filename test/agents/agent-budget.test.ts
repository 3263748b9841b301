import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import { budgetExceeded } from '#routing';
import { openaiAt, startModelServer } from '../routing/nexus-fixture.js';
import { startAgents } from './agents-fixture.js';
import type { AgentsFixture } from './agents-fixture.js';

let server: LLMock;
let agents: AgentsFixture;
/** Whether there is room in the budget. */
let room = false;
let refused = 0;

beforeAll(async () => {
  server = await startModelServer();
  server.on({ turnIndex: 0 }, { content: 'It is blue.' });
  agents = await startAgents(openaiAt(server), undefined, async () => {
    if (room) return new AbortController().signal;
    refused++;
    const budget = { scope: 'run', unit: 'money' } as const;
    throw budgetExceeded({ state: 'refused', budget, left: 10, pending: false }, { nanos: 20, tokens: 1 });
  });
});
afterAll(async () => {
  await agents.close();
  await server.stop();
});

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 20));
}

it('an agent whose call does not fit into the budget rests, says so, and goes on when there is room (C6)', async () => {
  const shown = () =>
    agents.records.flatMap(({ tasks }) => tasks.map(({ status, waiting }) => [status, waiting?.kind]));
  // Anybody may be the one who waits for it.
  const parent = await agents.start({ pauses: [{ source: 'API', by: 'ops', since: 1 }] });
  await until(() => shown().length === 1);
  agents.records.length = 0;
  const handle = await agents.start({ reportTo: parent.workflowId, path: 'ask' });
  await until(() => shown().length === 1);
  expect(shown()).toEqual([['WAITING', 'BUDGET']]);
  expect(refused).toBe(1);
  room = true;
  await agents.client.workflow.getHandle(handle.workflowId).signal('nudge');
  expect(await handle.result()).toMatchObject({ result: { inline: 'It is blue.' }, turns: 1 });
  expect(shown()).toEqual([
    ['WAITING', 'BUDGET'],
    ['RUNNING', undefined],
  ]);
  const { text } = await parent.history();
  expect(text).toContain('"kind":"BUDGET"');
  expect(text).toContain('{"path":"ask","wait":null}');
  await (await handle.history()).replay();
  await parent.cancel();
});
