export type {
  EvaluateInput,
  PlanGoalInput,
  Preamble,
  RunActivities,
  SegmentInput,
  SegmentResult,
} from './activity-interface.js';
export type { ChildReport } from './child-report.js';
export type { PlannedRun, PlanRequest, RunInput } from './run-input.js';
