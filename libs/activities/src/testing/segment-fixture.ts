import type { JsonValue, Tool, ToolContext, ToolEffect } from '#contracts';
import { newId, noUsage, workflowIdOf } from '#contracts';
import type { BoundPlan, EngineState } from '#plan';
import { advance, bindPlan, initialState, PlanDocument, segmentMembers, sliceOf } from '#plan';
import type { Store } from '#store';
import { createToolRegistry } from '#tools';
import { approvalPolicy } from '../approval-gate.js';
import { createPlanCache } from '../plan-cache.js';
import { runSegment } from '../segment.js';
import type { ModelRunner } from '../step.js';
import { createStepRunner } from '../step-runner.js';
import { createStopList } from '../stop-list.js';
import { createSuspects } from '../suspects.js';

export type Work = (input: JsonValue, context: ToolContext) => Promise<JsonValue>;

/** A tool that is expected to be quick. */
export function tool(name: string, effect: ToolEffect, run: Work): Tool {
  return { name, description: name, inputSchema: {}, effect, expectedMs: 10, run };
}

/** A run of this plan, and its first segment, to be carried by the test. */
export async function prepareSegment(
  store: Store,
  document: unknown,
  tools: Tool[],
  model: ModelRunner = async () => ({ output: null, usage: noUsage }),
) {
  const tenant = 'default';
  const runId = newId('run');
  const registry = createToolRegistry(tools);
  const plan = bindPlan(PlanDocument.parse(document), {
    tool: registry.get,
    agent: () => undefined,
    template: () => undefined,
  });
  await store.runs.create(
    { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: Date.now(), bound: plan, plan: {} },
    [],
  );
  const plans = createPlanCache(store);
  const deps = {
    store,
    plans,
    stops: createStopList(store, () => undefined),
    runStep: createStepRunner({
      store,
      tools: registry,
      worker: 'test',
      model,
      plans,
      asksBefore: approvalPolicy([]),
    }),
    suspects: createSuspects(),
    worker: 'test',
  };
  const begun = advance(plan, initialState(plan, { runId, startedAt: Date.now(), inputs: { inline: {} } }), [
    { type: 'start', at: Date.now() },
  ]);
  const members = membersOf(plan, begun.state);
  const slice = sliceOf(plan, begun.state, members);
  const before = { once: '@1', emissions: begun.emissions };
  const input = { tenant, runId, path: '', segment: '#1', slice, before };
  const drain = new AbortController();
  const leave = new AbortController();
  const run = (attempt = 'exec-1') =>
    runSegment(deps, input, { temporalRunId: attempt, drain: drain.signal, leave: leave.signal });
  return { tenant, runId, plan, slice, input, deps, state: begun.state, run, drain, leave };
}

/** Those of a segment, or, for tools that have an activity of their own, that one. */
function membersOf(plan: BoundPlan, state: EngineState): string[] {
  const members = segmentMembers(plan, state);
  return members.length > 0 ? members : state.ready.slice(0, 1);
}

/** Three steps, one after the other. */
export const chain = (name: string) => ({
  tasks: ['a', 'b', 'c'].map((id, index, all) => ({
    id,
    kind: 'tool',
    tool: name,
    with: { id },
    needs: index === 0 ? [] : [all[index - 1]],
  })),
  output: '${tasks.c.output}',
});

/** Waits for a condition, by letting others work. */
export async function until(met: () => boolean): Promise<void> {
  for (let tries = 0; !met(); tries++) {
    if (tries > 5_000) throw new Error('the condition was not met in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
