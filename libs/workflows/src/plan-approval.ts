import type { DecideSignal, Failure } from '#contracts';
import { condition, setHandler } from '@temporalio/workflow';
import { decisionMade, rollbackRequested } from './control-signals.js';
import { remote } from './run-activities.js';
import type { PlannedRun } from './run-input.js';

/** Asks a person before anything of a plan runs: gives the plan to run, which may be another, or why none is. */
export async function approvePlan(
  planned: PlannedRun,
): Promise<
  PlannedRun | { readonly status: 'FAILED'; readonly error: Failure } | { readonly status: 'CANCELLED' }
> {
  const { tenant, runId, bound } = planned;
  let decision: DecideSignal | undefined;
  setHandler(decisionMade, (signal) => {
    if (signal?.kind === 'PLAN') decision ??= signal;
  });
  let isRollingBack = false;
  setHandler(rollbackRequested, () => void (isRollingBack = true));
  await remote.askForPlan({ tenant, runId, bound });
  await condition(() => decision !== undefined || isRollingBack);
  if (isRollingBack) return { status: 'CANCELLED' };
  const { approve = false, answer, comment, by = [] } = decision ?? {};
  const who = by.join(', ') || 'a person';
  if (!approve) {
    const message = `the plan was rejected by ${who}${comment ? `: ${comment}` : ''}`;
    return { status: 'FAILED', error: { code: 'APPROVAL_REJECTED', message, retryable: false } };
  }
  if (answer === undefined) return planned;
  const { inputs } = planned;
  return { ...planned, ...(await remote.replacePlan({ tenant, runId, answer, inputs, by: who })) };
}
