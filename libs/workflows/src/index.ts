export type {
  BatchInput,
  BatchResult,
  CloseSegmentInput,
  CollectInput,
  EvaluateInput,
  PlanGoalInput,
  Preamble,
  RunActivities,
  SegmentInput,
  SegmentResult,
} from './activity-interface.js';
export type { ChildReport } from './child-report.js';
export type { CrashPlace, CrashPlaces } from './crash-places.js';
export type { PlannedRun, PlanOfGoal, PlanRequest, RunInput, SecondTry } from './run-input.js';
export type { AgentActivities, AgentToolInput, AgentToolResult } from './agent/agent-activities.js';
export type { AgentTaskInput } from './agent/agent-task-input.js';
export type { RollbackInput } from './rollback.workflow.js';
export type { RollbackActivities, RollbackEnded, RollbackOf } from './rollback-activities.js';
