import type { JsonObject } from '#contracts';
import { childCount, fanOutSteps, sequenceSteps, type Workload } from '../work/workloads.js';

/**
 * - `default`: the plan as anyone would write it; Nexus chooses where its steps run
 * - `ordinary`: the same with steps whose effect cannot be undone, which no local activity may run
 * - `task`: an activity for each step, as `grain: task` asks
 */
export const nexusVariants = ['default', 'ordinary', 'task'] as const;
export type NexusVariant = (typeof nexusVariants)[number];

/** The workloads in the plan language. */
export function nexusPlan(workload: Workload, variant: NexusVariant, tool = 'step'): JsonObject {
  const grain = variant === 'task' ? { grain: 'task' } : {};
  const used = variant === 'ordinary' ? `${tool}-for-good` : tool;
  return { name: workload, ...grain, ...plans[workload](used) };
}

const plans: Readonly<Record<Workload, (tool: string) => JsonObject>> = {
  sequence: (tool) => {
    const ids = names(sequenceSteps);
    const tasks = ids.map((id, i) => ({ ...stepTask(id, tool, i), needs: ids.slice(Math.max(0, i - 1), i) }));
    return { tasks, output: { results: ids.map((id) => `\${tasks.${id}.output}`) } };
  },
  fanOut: (tool) => {
    const ids = names(fanOutSteps);
    return { tasks: ids.map((id, i) => stepTask(id, tool, i)), output: joined(ids) };
  },
  children: (tool) => {
    const ids = names(childCount);
    const plan = { tasks: [stepTask('step', tool, '${inputs.i}')], output: '${tasks.step.output}' };
    const child = (id: string, i: number) => ({ id, kind: 'plan', with: { ...inputs, i }, plan });
    return { tasks: ids.map(child), output: joined(ids) };
  },
};

const inputs = { run: '${inputs.run}', ms: '${inputs.ms}', marks: '${inputs.marks}' };

function stepTask(id: string, tool: string, i: number | string) {
  return { id, kind: 'tool', tool, with: { ...inputs, i } };
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `s${i}`);
}

/** How many have a result. */
function joined(ids: readonly string[]): string {
  return `\${[${ids.map((id) => `tasks.${id}.output`).join(', ')}].length}`;
}
