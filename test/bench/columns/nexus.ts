import { workflowIdOf } from '#contracts';
import type { Store } from '#store';
import { createEffects } from '../work/effects.js';
import type { Steps } from '../work/step.js';
import { stepMs } from '../work/step.js';
import type { Workload } from '../work/workloads.js';
import type { Column, ColumnSetting } from './column.js';
import { context, createNexusHost } from './nexus-host.js';
import { askingRuns } from './nexus-asking.js';
import { nexusPlan, type NexusVariant } from './nexus-plans.js';
import { controlledRuns } from './nexus-control.js';
import { mapItems } from './nexus-map.js';
import { createUndoLog, rollBackEffects } from './nexus-rollback.js';
import { benchTools } from './nexus-tools.js';

/** Nexus as anyone uses it: plans given to its commands. */
export async function nexusColumn(setting: ColumnSetting, steps: Steps, variant: string): Promise<Column> {
  const effects = createEffects(setting.effectsFile);
  const undone = createUndoLog();
  const host = await createNexusHost(setting, [...benchTools(steps, effects), ...undone.tools]);
  const last = new Map<Workload, string>();
  const all: string[] = [];

  async function begin(workload: Workload, inputs: object, tool?: string): Promise<string> {
    const runId = await host.begin(nexusPlan(workload, variant as NexusVariant, tool), inputs);
    all.push(runId);
    return runId;
  }

  return {
    start: async () => host.start(),
    async run(workload, id) {
      const runId = await begin(workload, { run: id, ms: stepMs, marks: false });
      last.set(workload, runId);
      return host.result(runId);
    },
    submit: (id, { ms, marks }) => begin('sequence', { run: id, ms, marks }, 'slow-step'),
    recover: async () => 'nothing',
    async wait(name) {
      const { results } = (await host.result(name)) as { results: unknown[] };
      return results;
    },
    async events(workload) {
      const query = `WorkflowId STARTS_WITH "${workflowIdOf(last.get(workload) ?? '')}"`;
      const { workflow } = host.client;
      let events = 0;
      for await (const { workflowId } of workflow.list({ query })) {
        events += (await workflow.getHandle(workflowId).fetchHistory()).events?.length ?? 0;
      }
      return events;
    },
    async readyToStarted() {
      return (await Promise.all(all.map((runId) => startLatencies(host.store, runId)))).flat();
    },
    map: (load) => mapItems(host, load),
    rollBack: (load) => rollBackEffects(host, undone, load),
    asking: askingRuns(host),
    control: controlledRuns(host, variant as NexusVariant),
    async stop() {
      await host.stop();
      effects.close();
    },
  };
}

async function startLatencies(store: Store, runId: string): Promise<number[]> {
  const readyAt = new Map<string, number>();
  const latencies: number[] = [];
  for (const { type, taskPath = '', at } of await store.events.after(context.tenant, runId, 0, 10_000)) {
    if (type === 'task.ready') readyAt.set(taskPath, at);
    const since = type === 'task.started' ? readyAt.get(taskPath) : undefined;
    if (since !== undefined) latencies.push(at - since);
  }
  return latencies;
}
