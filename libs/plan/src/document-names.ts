import { taskKinds } from '#contracts';
import type { TaskKind } from '#contracts';
import {
  AgentTask,
  ApprovalTask,
  BranchCase,
  BranchTask,
  documentFieldNames,
  LoopTask,
  MapTask,
  ModelTask,
  SubPlanTask,
  ToolTask,
  WaitTask,
} from './document.js';
import { AgentLimits, CachePolicy, Compensation, ModelMessage, RetryPolicy } from './document-fields.js';
import type { Key } from './fault.js';
import { isJsonObject } from './json.js';

const fieldsByKind: Readonly<Record<TaskKind, readonly string[]>> = {
  tool: Object.keys(ToolTask.shape),
  model: Object.keys(ModelTask.shape),
  agent: Object.keys(AgentTask.shape),
  approval: Object.keys(ApprovalTask.shape),
  wait: Object.keys(WaitTask.shape),
  map: Object.keys(MapTask.shape),
  branch: Object.keys(BranchTask.shape),
  loop: Object.keys(LoopTask.shape),
  plan: Object.keys(SubPlanTask.shape),
};

const fieldsByName: ReadonlyMap<Key | undefined, readonly string[]> = new Map([
  ['retry', Object.keys(RetryPolicy.shape)],
  ['compensate', Object.keys(Compensation.shape)],
  ['cache', Object.keys(CachePolicy.shape)],
  ['limits', Object.keys(AgentLimits.shape)],
  ['cases', Object.keys(BranchCase.shape)],
  ['messages', Object.keys(ModelMessage.shape)],
]);

/** The fields that an object in a plan may have, told by its kind or by where it stands. */
export function fieldsOf(owner: unknown, path: readonly Key[]): readonly string[] {
  if (isJsonObject(owner) && isKind(owner.kind)) return fieldsByKind[owner.kind];
  const name = path.findLast((key) => typeof key === 'string');
  return fieldsByName.get(name) ?? documentFieldNames;
}

/** The kinds of task that have a field which not all have. */
export function kindsWithField(field: string): TaskKind[] {
  return taskKinds.filter((kind) => fieldsByKind[kind].includes(field));
}

function isKind(kind: unknown): kind is TaskKind {
  return (taskKinds as readonly unknown[]).includes(kind);
}
