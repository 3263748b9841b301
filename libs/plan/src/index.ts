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
