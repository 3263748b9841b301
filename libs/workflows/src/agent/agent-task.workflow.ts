import { failureOf, inline, isNexusError } from '#contracts';
import type { Failure } from '#contracts';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ActivityFailure, CancellationScope, continueAsNew, isCancellation } from '@temporalio/workflow';
import { activityFailure } from '../activity-failure.js';
import { reportToParent } from '../child-report.js';
import type { ChildReport } from '../child-report.js';
import { createAgentLoop } from './agent-loop.js';
import type { AgentTaskInput, AgentTaskResult } from './agent-task-input.js';

/**
 * The task of an agent: turns until there is a result, its limits are reached, or it is cancelled. How it ended is
 * told to the run's workflow and is this workflow's own end.
 */
export async function agentTaskWorkflow(input: AgentTaskInput): Promise<AgentTaskResult> {
  const loop = createAgentLoop(input);
  try {
    const done = await loop.run();
    if (done !== 'continue') {
      const { turns, usage } = loop.state();
      const output = inline({ result: done.result, turns });
      await tell(input, { path: input.path, status: 'SUCCEEDED', output, usage });
      return { result: inline(done.result), turns, usage };
    }
  } catch (error) {
    const { usage } = loop.state();
    const failure = failureOfTask(error, input);
    if (failure.code === 'CANCELLED') {
      await tell(input, { path: input.path, status: 'CANCELLED', usage });
      throw isCancellation(error) ? error : new CancelledFailure(failure.message);
    }
    await tell(input, { path: input.path, status: 'FAILED', error: failure, usage });
    throw applicationFailure(failure);
  }
  return continueAsNew<typeof agentTaskWorkflow>({ ...input, state: loop.state(), ...loop.holds() });
}

async function tell({ reportTo }: AgentTaskInput, report: ChildReport): Promise<void> {
  if (reportTo === undefined) return;
  await CancellationScope.nonCancellable(() => reportToParent(reportTo, report));
}

/** What is not a failure of the task is one of this code: thrown on, it waits for a build that mends it. */
function failureOfTask(error: unknown, { path: taskPath }: AgentTaskInput): Failure {
  const ended = { retryable: false, taskPath };
  if (isCancellation(error) || CancellationScope.current().consideredCancelled) {
    return { code: 'CANCELLED', message: 'the task was cancelled', ...ended };
  }
  if (error instanceof ActivityFailure) return { ...activityFailure(error), ...ended };
  const isOfSdk = error instanceof Error && error.name.startsWith('AI_');
  if (isNexusError(error) || isOfSdk) return { ...failureOf(error), ...ended };
  throw error;
}

function applicationFailure(failure: Failure): ApplicationFailure {
  const { code: type, message } = failure;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [failure] });
}
