export { durationMs, formatDuration, parseDuration } from './duration.js';
export {
  AgentTask,
  ApprovalTask,
  BranchCase,
  BranchTask,
  LoopTask,
  MapTask,
  ModelTask,
  PlanDocument,
  PlanTask,
  SubPlanTask,
  ToolTask,
  WaitTask,
} from './document.js';
export {
  AgentLimits,
  CachePolicy,
  Compensation,
  Grain,
  ModelMessage,
  OnError,
  RetryPolicy,
} from './document-fields.js';
export { checkExpressions } from './expression/check.js';
export type { SyntaxFault } from './expression/check.js';
export type { ExpressionEnv } from './expression/environment.js';
export { evaluate, evaluateCondition } from './expression/evaluate.js';
export { referencesOf, taskFields } from './expression/references.js';
export type { References, TaskField } from './expression/references.js';
export { bindPlan } from './bind.js';
export type { BindCatalogue } from './bind.js';
export { withCall } from './engine/calls.js';
export { advance, initialState } from './engine/advance.js';
export type { Advanced } from './engine/advance.js';
export { engineVersion } from './engine/bound-plan.js';
export type {
  AgentFacts,
  AgentSpec,
  AgentToolFacts,
  BoundPlan,
  BoundRetry,
  BoundSpec,
  BoundTask,
  ModelSpec,
  Place,
  PlanSpec,
  ToolSpec,
  WaitSpec,
} from './engine/bound-plan.js';
export type { Emission } from './engine/emission.js';
export { expressionEnvironment, missingValues, storedEnvironment } from './engine/environment.js';
export type { StoredEnvironment } from './engine/environment.js';
export { runsLocally } from './engine/local-segment.js';
export type { ItemResult } from './engine/state.js';
export type { MapSpec } from './engine/bound-plan.js';
export { isPartOf } from './engine/draft.js';
export { isContainer, isWhole, nodeOf, planAt, planIndex } from './engine/plan-index.js';
export type { PlanIndex, PlanNode } from './engine/plan-index.js';
export { retryDelay } from './engine/retry.js';
export { runRecordOf } from './engine/run-record.js';
export { claim, fingerprintOf, fold, segmentMembers, sliceOf } from './engine/segment.js';
export type { Folded } from './engine/segment.js';
export type { EngineEvent, EngineState, Outcome, ScopeState, Slot, TaskState } from './engine/state.js';
export { endedTaskStatuses, taskEnded, transitions } from './engine/transitions.js';
export { asked, startable, timers } from './engine/work.js';
export type { Ask } from './engine/work.js';
export { nothingToUndo } from './rollback/nothing-to-undo.js';
export type { NothingToUndo } from './rollback/nothing-to-undo.js';
export { undoCall, undoReads } from './rollback/undo-call.js';
export type { Undoing } from './rollback/undo-call.js';
export { undoOrder } from './rollback/undo-order.js';
export type { PlanOf, Undoable, UndoOrder } from './rollback/undo-order.js';
export { describeFault } from './fault.js';
export type { PlanFault } from './fault.js';
export { applyInputDefaults, validateInputs } from './inputs.js';
export { matchGoal } from './match.js';
export { available } from './availability.js';
export type { Availability } from './availability.js';
export { documentLimits, validatePlan } from './validate.js';
export type { Validation } from './validate.js';
export type { ValidationContext, ValidationTool } from './validation/context.js';
export { planJsonSchema } from './json-schema.js';
