export type { JsonObject, JsonSchema, JsonValue } from './json.js';
export {
  apiErrorCodes,
  failureOf,
  isNexusError,
  nexusError,
  spentOf,
  taskFailureCodes,
  withSpent,
} from './errors.js';
export type {
  Failure,
  FailureWait,
  ApiErrorCode,
  ErrorCode,
  ErrorDetails,
  NexusError,
  TaskFailureCode,
} from './errors.js';
export { approvalId, breakerOfDeployment, breakerOfTool, newId, parseTaskId, taskId } from './ids.js';
export type { IdPrefix } from './ids.js';
export {
  activityQueue,
  activityQueues,
  defaultTenant,
  innerPath,
  searchAttributes,
  taskQueues,
  workflowIdOf,
  workflowTypes,
} from './names.js';
export type { Labels } from './names.js';
export { formatUsd, parseUsd } from './money.js';
export type { NanoUsd } from './money.js';
export { inline, inlineLimitBytes, isRef, maxValueBytes } from './value.js';
export type { StoredValue, ValueRef } from './value.js';
export { addUsage, noUsage } from './usage.js';
export type { Usage } from './usage.js';
export { endedRunStatuses, runEnded, runStatuses, taskKinds, taskStatuses, waitKinds } from './run.js';
export type { RunStatus, TaskKind, TaskStatus, WaitKind, WaitReason } from './run.js';
export { runEventTypes } from './events.js';
export type { NewRunEvent, RunEvent, RunEventType } from './events.js';
export type { Attempt, RunPatch, RunRecord, TaskPatch } from './record.js';
export { approvalKinds, approvalStatuses, timeoutActions } from './approval.js';
export type {
  ApprovalChange,
  ApprovalDecision,
  ApprovalKind,
  ApprovalRequest,
  ApprovalStatus,
  DecideSignal,
  EscalationAnswer,
  TimeoutAction,
} from './approval.js';
export { compensationStates, effectStates } from './effect.js';
export type {
  Compensating,
  CompensationState,
  Effect,
  EffectState,
  KeptEffect,
  RollbackSignal,
} from './effect.js';
export { killScopes, pauseSources, triggerActions, triggerKinds } from './control.js';
export type {
  KillScope,
  OverdrawnSignal,
  Pause,
  PauseSignal,
  PauseSource,
  ResumeSignal,
  RetrySignal,
  RunBudget,
  SkipSignal,
  SpentSignal,
  Trigger,
  TriggerAction,
  TriggerKind,
} from './control.js';
export { toolEffects } from './tool.js';
export type { ArtefactDraft, Tool, ToolBreaker, ToolContext, ToolEffect, ToolFacts, Undo } from './tool.js';
