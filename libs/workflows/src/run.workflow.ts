import type { Failure } from '#contracts';
import { formatUsd, nexusError, searchAttributes, workflowTypes } from '#contracts';
import type { Outcome } from '#plan/engine';
import { runRecordOf } from '#plan/engine';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { activityFailure } from './activity-failure.js';
import { reportToParent } from './child-report.js';
import type { ChildReport } from './child-report.js';
import { crashPlaces } from './crash-places.js';
import { createDriver } from './driver.js';
import { approvePlan } from './plan-approval.js';
import type { rollbackWorkflow } from './rollback.workflow.js';
import { record, remote } from './run-activities.js';
import type { PlannedRun, RunInput } from './run-input.js';

/**
 * A run, or a sub-plan with a workflow of its own: plans if it must, then drives the engine until the
 * outcome is known. Ends in Temporal's own states: completed, failed with the run's code, or cancelled.
 */
export async function runWorkflow(input: RunInput): Promise<ChildReport> {
  if (workflowInfo().continuedFromExecutionRunId !== undefined) crashPlaces.pass('continue.after');
  const planned = await planOf(input);
  if (!('bound' in planned)) return finish(input, { path: input.path, ...planned });
  const driver = createDriver(planned);
  // In a scope of its own: what a cancel sets going is not itself cancelled.
  const cancel = async (): Promise<void> => driver.cancel('the workflow was cancelled');
  CancellationScope.current().cancelRequested.catch(() => CancellationScope.nonCancellable(cancel));
  const state = await CancellationScope.nonCancellable(() => driver.run());
  if (!state.outcome) {
    crashPlaces.pass('continue.before');
    return continueAsNew<typeof runWorkflow>(driver.carry());
  }
  if (input.reportTo === undefined && (await rollsBack(input, state.outcome))) {
    return rollBackAsNew({ tenant: input.tenant, runId: input.runId, pauses: state.pauses });
  }
  const { status, output, error } = state.outcome;
  return CancellationScope.nonCancellable(() =>
    finish(input, { path: input.path, status, output, error, usage: state.usage }),
  );
}

const rollBackAsNew = makeContinueAsNewFunc<typeof rollbackWorkflow>({
  workflowType: workflowTypes.rollback,
});

/** Workers hear that it is to be rolled back before this workflow does: they cut what runs, or refuse to begin. */
async function rollsBack({ tenant, runId }: RunInput, { rollsBack: known, status, error }: Outcome) {
  if (known) return true;
  if (status !== 'CANCELLED' && error?.code !== 'CONFLICT') return false;
  if (!patched('rolls-back')) return false;
  return CancellationScope.nonCancellable(() => remote.isRollingBack({ tenant, runId }));
}

type Unplanned = Pick<Outcome, 'status' | 'error'>;

/** The plan to run, which a person has seen where that was wanted. */
async function planOf(input: RunInput): Promise<PlannedRun | Unplanned> {
  const planned = await plan(input);
  if (!('bound' in planned) || !input.approvePlan || input.state) return planned;
  try {
    const approved = await approvePlan(planned);
    if ('bound' in approved) return approved;
    await recordUnplanned(input, approved);
    return approved;
  } catch (thrown) {
    return unplanned(input, thrown);
  }
}

async function plan(input: RunInput): Promise<PlannedRun | Unplanned> {
  const { bound, planRequest, tenant, runId } = input;
  if (bound) return { ...input, bound };
  if (!planRequest) throw nexusError('INTERNAL', 'a run needs a plan, or a request for one');
  try {
    const { inputs, path } = input;
    const place = path === '' ? {} : { path };
    const planned = await remote.planGoal({ tenant, runId, request: planRequest, inputs, ...place });
    return { ...input, ...planned };
  } catch (thrown) {
    return unplanned(input, thrown);
  }
}

async function unplanned(input: RunInput, thrown: unknown): Promise<Unplanned> {
  const outcome = isCancellation(thrown)
    ? ({ status: 'CANCELLED' } as const)
    : ({ status: 'FAILED', error: activityFailure(thrown) } as const);
  if (input.reportTo === undefined) {
    await CancellationScope.nonCancellable(() => recordUnplanned(input, outcome));
  }
  return outcome;
}

async function recordUnplanned(input: RunInput, outcome: Unplanned): Promise<void> {
  const at = Date.now();
  const data = { status: outcome.status, ...(outcome.error ? { error: { ...outcome.error } as never } : {}) };
  const emission = { event: { type: 'run.ended', at, data }, run: { ...outcome, finishedAt: at } } as const;
  await record({ ...runRecordOf(input, '', [emission]), once: 'unplanned' });
}

/** Says how it ended: to the parent or to Temporal's search, and to Temporal itself. */
async function finish(input: RunInput, report: ChildReport): Promise<ChildReport> {
  if (input.reportTo !== undefined) await reportToParent(input.reportTo, report);
  else {
    const cost = Number(formatUsd(report.usage?.costNanos ?? 0));
    upsertSearchAttributes([
      { key: defineSearchAttributeKey(searchAttributes.status, 'KEYWORD'), value: report.status },
      { key: defineSearchAttributeKey(searchAttributes.costUsd, 'DOUBLE'), value: cost },
    ]);
  }
  if (report.status === 'SUCCEEDED') return report;
  if (report.status === 'CANCELLED') throw new CancelledFailure('the run was cancelled');
  throw applicationFailure(report.error);
}

function applicationFailure(error: Failure | undefined): ApplicationFailure {
  const failure = error ?? { code: 'INTERNAL', message: 'the run failed', retryable: false };
  const message = failure.taskPath ? `${failure.taskPath}: ${failure.message}` : failure.message;
  return ApplicationFailure.create({ type: failure.code, message, nonRetryable: true, details: [failure] });
}
