import { containersOf } from './needs.js';
import type { OutlinePlan, OutlineTask } from './outline.js';
import type { Suggest } from './suggest.js';

/**
 * Why an expression of a task cannot read another one, or undefined when it can: a sibling that it needs, or an
 * outer task that the container needs, through however many others. Without a task, it is the plan's output.
 */
export function taskReadFault(
  id: string,
  plan: OutlinePlan,
  task: OutlineTask | undefined,
  suggest: Suggest,
): { message: string; hint?: string | undefined } | undefined {
  if (task === undefined)
    return plan.root.byId.has(id) ? undefined : unknown(id, plan, plan.root.byId.keys(), suggest);
  for (const reader of [task, ...containersOf(task)]) {
    const found = reader.scope.byId.get(id);
    if (found === undefined) continue;
    if (found === reader) {
      return {
        message:
          reader === task ? `"${id}" reads itself` : `"${id}" contains this task and has not ended yet`,
      };
    }
    if (reader.scope.order.needs(reader.place, found.place)) return undefined;
    const reads = reader === task ? '' : `, which is in "${reader.id ?? reader.kind}"`;
    return {
      message: `task "${id}" is not among what "${task.id ?? task.kind}" needs`,
      hint: `add "${id}" to the needs of "${reader.id ?? reader.kind}"${reads === '' ? '' : ', the task around it'}`,
    };
  }
  const visible = [task, ...containersOf(task)].flatMap(({ scope }) => [...scope.byId.keys()]);
  return unknown(id, plan, visible, suggest);
}

function unknown(id: string, plan: OutlinePlan, visible: Iterable<string>, suggest: Suggest) {
  const hidden = plan.tasks.find((task) => task.id === id);
  const [container] = hidden ? containersOf(hidden) : [];
  if (container) {
    return {
      message: `task "${id}" is inside "${container.id}", of which only the output can be read`,
      hint: `write tasks.${container.id}.output…`,
    };
  }
  const dashed = plan.tasks.find((task) => task.id?.startsWith(`${id}-`));
  const hint = dashed ? `a name with - is read as tasks["${dashed.id}"]` : suggest(id, visible);
  return { message: `unknown task "${id}"`, hint };
}
