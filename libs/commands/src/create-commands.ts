import type { JsonObject, StoredValue } from '#contracts';
import type { PlanRequest } from '#workflows';
import { decideByLink, makeApprovalLink, readLink } from './approval-link.command.js';
import type { ApprovalView } from './approval-view.js';
import { readArtefact, readArtefacts } from './artefacts.command.js';
import { cancelRun } from './cancel-run.command.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { markCompensated, retryCompensation } from './compensation.command.js';
import { decideApproval } from './decide-approval.command.js';
import { createEstimator } from './estimator.js';
import { readEvents, streamRunEvents } from './events.command.js';
import { engageKillSwitch, readKillSwitches, releaseKillSwitch } from './kill-switches.command.js';
import { killByTrigger, killRun } from './kill-run.command.js';
import { readNode } from './node.command.js';
import { readModelCall, readModelCalls } from './model-calls.command.js';
import { pauseRun } from './pause-run.command.js';
import { estimateOf, planOf } from './plan-view.js';
import { planRun } from './plan-run.js';
import { createNoWorker } from './no-worker.js';
import { planPreview } from './plan-preview.command.js';
import { createPlanPreparer } from './prepare-plan.js';
import {
  readApprovals,
  readApprovalsOf,
  readDifference,
  readRunOfApproval,
} from './read-approvals.command.js';
import { readProgress } from './read-progress.command.js';
import { readPostMortem } from './read-post-mortem.command.js';
import { readRun, readRuns } from './read-runs.command.js';
import { budgetOf, readPauses, waitingFor } from './run-state.js';
import type { RunView } from './run-view.js';
import { readTask, readTasks } from './read-tasks.command.js';
import { readValue } from './read-values.command.js';
import { readAgents, readModels, readTools } from './registries.command.js';
import { resolveUncertain } from './resolve-uncertain.command.js';
import { resumeRun } from './resume-run.command.js';
import { retryTask } from './retry-task.command.js';
import { rollbackPreview } from './rollback-preview.command.js';
import { rollbackRun } from './rollback-run.command.js';
import { streamChangedRuns } from './runs-changed.command.js';
import { saveTemplate } from './save-template.command.js';
import { setBudget } from './set-budget.command.js';
import { skipTask } from './skip-task.command.js';
import { addStandingRule, readStandingRules, revokeStandingRule } from './standing-rules.command.js';
import { startGoal } from './start-goal.command.js';
import { startPlan } from './start-plan.command.js';
import type { TaskView } from './task-view.js';
import { listTemplates } from './templates.js';

/** Every operation of the product, one function each, for every door. */
export function createCommands(deps: CommandDeps) {
  const preparePlan = createPlanPreparer(deps);
  const estimate = createEstimator(deps);
  const noWorker = createNoWorker(deps);
  return {
    startPlan: (context: CommandContext, input: unknown) =>
      startPlan(deps, preparePlan, estimate, context, input),
    startGoal: (context: CommandContext, input: unknown) =>
      startGoal(deps, preparePlan, estimate, context, input),
    planPreview: (context: CommandContext, input: unknown) =>
      planPreview(deps, preparePlan, estimate, context, input),
    planRun: (tenant: string, runId: string, request: PlanRequest, inputs: JsonObject) =>
      planRun(deps, preparePlan, tenant, runId, request, inputs),
    cancelRun: (context: CommandContext, input: unknown) => cancelRun(deps, context, input),
    pauseRun: (context: CommandContext, input: unknown) => pauseRun(deps, context, input),
    resumeRun: (context: CommandContext, input: unknown) => resumeRun(deps, context, input),
    killRun: (context: CommandContext, input: unknown) => killRun(deps, context, input),
    killByTrigger: (tenant: string, runId: string, reason: string) =>
      killByTrigger(deps, tenant, runId, reason),
    retryTask: (context: CommandContext, input: unknown) => retryTask(deps, context, input),
    skipTask: (context: CommandContext, input: unknown) => skipTask(deps, context, input),
    setBudget: (context: CommandContext, input: unknown) => setBudget(deps, context, input),
    rollbackRun: (context: CommandContext, input: unknown) => rollbackRun(deps, context, input),
    rollbackPreview: (context: CommandContext, input: unknown) => rollbackPreview(deps, context, input),
    retryCompensation: (context: CommandContext, input: unknown) => retryCompensation(deps, context, input),
    markCompensated: (context: CommandContext, input: unknown) => markCompensated(deps, context, input),
    approvals: (context: CommandContext, input: unknown) => readApprovals(deps, context, input),
    approvalsOf: (context: CommandContext, run: RunView) => readApprovalsOf(deps, context, run),
    runOfApproval: (context: CommandContext, approval: ApprovalView) =>
      readRunOfApproval(deps, context, approval),
    difference: (context: CommandContext, approval: ApprovalView) => readDifference(deps, context, approval),
    decideApproval: (context: CommandContext, input: unknown) =>
      decideApproval(deps, preparePlan, context, input),
    resolveUncertain: (context: CommandContext, input: unknown) =>
      resolveUncertain(deps, preparePlan, context, input),
    approvalLink: (context: CommandContext, input: unknown) => makeApprovalLink(deps, context, input),
    readLink: (context: CommandContext, input: unknown) => readLink(deps, context, input),
    decideByLink: (context: CommandContext, input: unknown) =>
      decideByLink(deps, preparePlan, context, input),
    standingRules: (context: CommandContext, input: unknown) => readStandingRules(deps, context, input),
    addStandingRule: (context: CommandContext, input: unknown) => addStandingRule(deps, context, input),
    revokeStandingRule: (context: CommandContext, input: unknown) => revokeStandingRule(deps, context, input),
    engageKillSwitch: (context: CommandContext, input: unknown) => engageKillSwitch(deps, context, input),
    releaseKillSwitch: (context: CommandContext, input: unknown) => releaseKillSwitch(deps, context, input),
    waitingFor: (context: CommandContext, run: RunView) => waitingFor(deps, noWorker, context, run),
    pauses: (context: CommandContext, run: RunView) => readPauses(deps, context, run),
    budgetOf: (context: CommandContext, run: RunView) => budgetOf(deps, context, run),
    postMortem: (context: CommandContext, run: RunView) => readPostMortem(deps, context, run),
    killSwitches: (context: CommandContext) => readKillSwitches(deps, context),
    saveTemplate: (context: CommandContext, input: unknown) => saveTemplate(deps, context, input),
    run: (context: CommandContext, input: unknown) => readRun(deps, context, input),
    runs: (context: CommandContext, input: unknown) => readRuns(deps, context, input),
    node: (context: CommandContext, input: unknown) => readNode(deps, noWorker, context, input),
    tasks: (context: CommandContext, input: unknown) => readTasks(deps, noWorker, context, input),
    task: (context: CommandContext, input: unknown) => readTask(deps, noWorker, context, input),
    modelCalls: (context: CommandContext, task: TaskView) => readModelCalls(deps, context, task),
    modelCall: (context: CommandContext, input: unknown) => readModelCall(deps, context, input),
    progress: (context: CommandContext, task: TaskView) => readProgress(deps, context, task),
    events: (context: CommandContext, input: unknown) => readEvents(deps, context, input),
    runEvents: (context: CommandContext, input: unknown) => streamRunEvents(deps, context, input),
    runsChanged: (context: CommandContext, input: unknown) => streamChangedRuns(deps, context, input),
    artefacts: (context: CommandContext, input: unknown) => readArtefacts(deps, context, input),
    artefact: (context: CommandContext, input: unknown) => readArtefact(deps, context, input),
    value: (context: CommandContext, stored: StoredValue | null) => readValue(deps, context, stored),
    planOf: (run: RunView) => planOf(run.row),
    estimateOf: (run: RunView) => estimateOf(run.row),
    templates: (context: CommandContext) => listTemplates(deps, context.tenant),
    tools: () => readTools(deps),
    agents: (input: unknown) => readAgents(deps, input),
    models: () => readModels(deps),
  };
}

export type Commands = ReturnType<typeof createCommands>;
