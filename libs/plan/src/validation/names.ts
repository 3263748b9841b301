import type { JsonValue } from '#contracts';
import { isJsonObject } from '../json.js';
import type { Key } from '../fault.js';
import type { Check, ValidationTool } from './context.js';
import type { OutlinePlan, OutlineTask } from './outline.js';
import { checkAgainstSchema } from './value-check.js';

/** Checks that tools and agents exist, and that tools are given what they take. */
export function checkNames(plan: OutlinePlan, check: Check): void {
  for (const task of plan.tasks) {
    if (task.kind === 'tool') checkToolTask(plan, task, check);
    if (
      task.kind === 'agent' &&
      typeof task.raw.agent === 'string' &&
      !check.context.agents(task.raw.agent)
    ) {
      const hint = check.suggest(task.raw.agent, check.context.knownAgentNames ?? []);
      check.findings.fault([...task.keys, 'agent'], `unknown agent "${task.raw.agent}"`, hint);
    }
  }
}

function checkToolTask(plan: OutlinePlan, task: OutlineTask, check: Check): void {
  const { findings } = check;
  const { raw, keys } = task;
  const tool = checkCall(raw.tool, raw.with, keys, check);
  if (isJsonObject(raw.compensate)) {
    checkCall(raw.compensate.tool, raw.compensate.with, [...keys, 'compensate'], check);
  }
  if (!tool) return;
  if (raw.cache !== undefined && tool.effect !== 'none') {
    findings.fault(
      [...keys, 'cache'],
      `only tools without effects can be cached; "${String(raw.tool)}" has effects`,
    );
  }
  if (raw.compensate !== undefined && tool.effect === 'none') {
    findings.warn([...keys, 'compensate'], `"${String(raw.tool)}" has no effect to compensate`);
  }
  const undone = raw.compensate !== undefined || tool.effect === 'none' || tool.effect === 'reversible';
  if (plan.raw.effects === 'compensate' && !undone) {
    findings.warn(keys, `a rollback cannot undo "${String(raw.tool)}"`, 'say how, with "compensate"');
  }
}

function checkCall(
  name: JsonValue | undefined,
  input: JsonValue | undefined,
  keys: readonly Key[],
  { context, findings, suggest }: Check,
): ValidationTool | undefined {
  if (typeof name !== 'string') return undefined;
  const tool = context.tools(name);
  if (!tool)
    findings.fault([...keys, 'tool'], `unknown tool "${name}"`, suggest(name, context.knownToolNames ?? []));
  else if (input === undefined || isJsonObject(input)) {
    checkAgainstSchema(tool.inputSchema, input ?? {}, [...keys, 'with'], findings);
  }
  return tool;
}
