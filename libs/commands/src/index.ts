export { createCommands } from './create-commands.js';
export type { Commands } from './create-commands.js';
export type { ApprovalLinkPayload, LinkView } from './approval-link.command.js';
export type { ApprovalPayload, ApprovalView } from './approval-view.js';
export type { ArtefactContent, ArtefactView } from './artefacts.command.js';
export type { CommandContext } from './command-context.js';
export type { CommandDeps, PlanDeps, RegisteredModel } from './command-deps.js';
export type { Connection } from './connection.js';
export type { AbortableStream } from './event-stream.js';
export type { Estimate } from './estimate.js';
export type { EventView } from './events.command.js';
export type { ModelCallView } from './model-calls.command.js';
export type { NodeView } from './node.command.js';
export type { Progress } from './read-progress.command.js';
export type { PlanChange } from './plan-difference.js';
export type { PlanView } from './plan-view.js';
export { deliverSignals, tellStored, tellWorkflow } from './deliver-signals.js';
export { finishKill } from './finish-kill.js';
export type { KillPayload, KillSwitchView } from './kill-switches.command.js';
export { createPlanChecker } from './prepare-plan.js';
export type { PlannedRun } from './plan-run.js';
export type { AgentView, ModelView, ToolView } from './registries.command.js';
export type {
  GatewaySignal,
  PendingActivity,
  RollbackStart,
  RunGateway,
  RunStart,
  StartedRun,
  WorkflowFacts,
} from './run-gateway.js';
export type { PostMortem, TimelineLine } from './post-mortem.js';
export type { RunPayload } from './run-payload.js';
export type { BudgetView } from './run-state.js';
export type { RunView, UsageView } from './run-view.js';
export type { TemplatePayload } from './save-template.command.js';
export type { RollbackStep } from './rollback-preview.command.js';
export type { StandingRulePayload, StandingRuleView } from './standing-rules.command.js';
export { startSweeper, sweepKilled, sweepNeverDispatched, sweepSignals } from './sweep.js';
export type { TaskView } from './task-view.js';
export type { TemplateView } from './templates.js';
export { temporalRunGateway } from './temporal-run-gateway.js';
export type { TemporalRunGatewayOptions } from './temporal-run-gateway.js';
export { notAvailable } from './user-error.js';
export type { UserError } from './user-error.js';
