import type { Key } from '../fault.js';
import { isJsonObject } from '../json.js';
import type { Check } from './context.js';
import { deepestNesting, innerLists } from './outline.js';
import type { OutlinePlan, OutlineTask } from './outline.js';
import { reportSchemaFaults } from './schema-check.js';

/** Kinds of which attempts are made. */
const triedAgain = new Set(['tool', 'model', 'agent']);

/** Names that the pattern of ids allows and expressions refuse to read. */
const unreadableIds = new Set(['constructor', 'prototype']);

/** Checks what the schema of the document cannot say about one plan: ids, nesting, fields that exclude each other. */
export function checkStructure(plan: OutlinePlan, { findings }: Check): void {
  const seen = new Map<string, OutlineTask>();
  for (const task of plan.tasks) {
    const { id, keys } = task;
    if (id === undefined) {
      if (task.raw.id === undefined)
        findings.fault([...keys, 'id'], '"id" is missing', 'only a task in a map can go without');
    } else {
      const first = id === 'item' ? task.scope.byId.get(id) : seen.get(id);
      if (first !== undefined && first !== task) {
        const where =
          first.scope === task.scope ? '' : ' (ids are unique in the plan, all nestings included)';
        findings.fault([...keys, 'id'], `the id "${id}" is taken${where}`);
      }
      if (!seen.has(id)) seen.set(id, task);
      if (unreadableIds.has(id))
        findings.fault([...keys, 'id'], `"${id}" cannot be an id: no expression could read it`);
    }
    const contains = innerLists(task).length > 0 || task.kind === 'plan';
    if (task.depth >= deepestNesting && contains) {
      findings.fault(keys, `tasks are nested deeper than ${deepestNesting} levels`);
    }
    checkAlternatives(task, findings);
    if (task.raw.retry !== undefined && task.kind !== undefined && !triedAgain.has(task.kind)) {
      const hint = 'give `retry` to the tasks that may be tried again';
      findings.fault([...keys, 'retry'], `a ${task.kind} is not tried again as a whole`, hint);
    }
    if (task.kind === 'model') reportSchemaFaults(task.raw.output, [...keys, 'output'], findings);
    if (task.kind === 'approval') {
      reportSchemaFaults(task.raw.answer, [...keys, 'answer'], findings);
      checkTimeLimit(task, findings);
    }
    if (task.raw.onError === 'escalate' && contains) {
      const hint = 'let the tasks in it escalate: then a person can have one of them tried again';
      findings.fault([...keys, 'onError'], `a ${task.kind} does not escalate as a whole`, hint);
    }
  }
  reportSchemaFaults(plan.raw.inputs, [...plan.keys, 'inputs'], findings);
  const type = isJsonObject(plan.raw.inputs) ? plan.raw.inputs.type : undefined;
  if (typeof type === 'string' && type !== 'object') {
    findings.fault([...plan.keys, 'inputs', 'type'], `inputs are an object, not a ${type}`);
  }
}

/** What happens when nobody answers in time needs a time, and a role to turn to. */
function checkTimeLimit({ raw, keys }: OutlineTask, findings: Check['findings']): void {
  const at = (field: string): Key[] => [...keys, field];
  if (raw.onTimeout !== undefined && raw.timeout === undefined && raw.deadline === undefined) {
    findings.fault(at('onTimeout'), 'there is no time to be over', 'give the task a `timeout`');
  }
  if (raw.onTimeout === 'escalate' && raw.escalateTo === undefined) {
    findings.fault(at('escalateTo'), '"escalateTo" is missing', 'name the role that is asked then');
  }
}

/** Fields of which a task of this kind has exactly one. */
export const exclusiveFields: Readonly<Record<string, readonly string[]>> = {
  model: ['prompt', 'messages'],
  wait: ['for', 'until'],
  plan: ['template', 'plan', 'goal'],
};

function checkAlternatives(task: OutlineTask, findings: Check['findings']): void {
  const choice = exclusiveFields[task.kind ?? ''];
  if (!choice) return;
  const given = choice.filter((field) => task.raw[field] !== undefined);
  const names = choice.map((field) => `"${field}"`).join(' or ');
  if (given.length === 0) findings.fault(task.keys, `a ${task.kind} task needs ${names}`);
  const at = (field: string): Key[] => [...task.keys, field];
  for (const field of given.slice(1))
    findings.fault(at(field), `a ${task.kind} task takes only one of ${names}`);
}
