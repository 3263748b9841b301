import type { Failure, RunRecord } from '#contracts';
import { inlineLimitBytes, nexusError, noUsage } from '#contracts';
import type { BoundTask } from '#plan';
import type { AgentActivities, AgentToolInput } from '#workflows';
import { cancellationDetails, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { ActivityDeps } from './create-activities.js';
import type { StepResult } from './step.js';
import type { StepRunner } from './step-runner.js';
import { anySignal } from './stop-list.js';

const timeoutMs = 600_000;
const beatMs = 500;

/** The tool calls of agents, each recorded as a task below the agent's. */
export function createAgentToolActivity(deps: ActivityDeps, runStep: StepRunner): AgentActivities {
  return {
    async runAgentTool(input) {
      const { tenant, runId, path } = input;
      const known = await deps.store.tasks.get(tenant, runId, path);
      // The answer of a call whose worker died after it was written.
      if (known?.status === 'SUCCEEDED' && known.output) return { output: known.output };
      if (known?.status === 'FAILED' && known.error) return { error: known.error };
      if (known?.status === 'RUNNING' && deps.tools.get(input.tool)?.effect === 'unkeyed') {
        const error = outcomeUnknown(input.tool);
        const last = known.attempts.at(-1) ?? { number: 1, startedAt: known.startedAt ?? Date.now() };
        const attempt = { ...last, finishedAt: Date.now(), error };
        await deps.store.record(ended(input, { status: 'FAILED', error, attempt, usage: noUsage }));
        return { error };
      }
      const beat = setInterval(() => heartbeat(), beatMs);
      try {
        await deps.stops.fresh();
        const attempt = (known?.attempts.length ?? 0) + 1;
        await deps.store.record(started(input, attempt, deps.worker));
        const stop = deps.stops.cutSignal(runId);
        const result = await runStep({
          tenant,
          runId,
          path,
          task: taskOf(input),
          environment: { inputs: { inline: null }, tasks: {}, run: { id: runId, startedAt: '' } },
          attempt,
          cut: anySignal(stop, cancellationSignal()),
          inlineLimit: inlineLimitBytes,
          literalInput: true,
        });
        if (result.status === 'CUT' && !stop.aborted && !isCancelled()) throw workerStopped(path);
        await deps.store.record(ended(input, result));
        if (result.status === 'SUCCEEDED') return { output: result.output };
        if (result.status === 'FAILED') return { error: result.error };
        return { error: { code: 'CANCELLED', message: 'the call was cut', retryable: false } };
      } finally {
        clearInterval(beat);
      }
    },
  };
}

/** Whether somebody wants the call to end; a worker that shuts down cuts it as well, for another to repeat. */
function isCancelled(): boolean {
  const { cancelRequested, notFound } = cancellationDetails() ?? {};
  return cancelRequested === true || notFound === true;
}

function workerStopped(path: string): Error {
  return nexusError('UNAVAILABLE', `${path}: the worker stopped while the call ran`, { retryable: true });
}

/** A tool without a key is run at most once; a model can look at what became of it. */
function outcomeUnknown(tool: string): Failure {
  const message = `${tool} takes no idempotency key, and its worker was lost while it ran: its effect may have happened`;
  return { code: 'INTERNAL', message, retryable: false };
}

function taskOf({ path, tool, input }: AgentToolInput): BoundTask {
  return {
    id: path,
    kind: 'tool',
    needs: [],
    timeoutMs,
    retry: { maxAttempts: 1, initialMs: 0, factor: 1, maxMs: 0, on: [] },
    onError: 'continue',
    place: 'activity',
    expectedMs: 0,
    spec: { kind: 'tool', tool, with: input, effect: 'keyed' },
  };
}

function started({ tenant, runId, path, tool }: AgentToolInput, attempt: number, worker: string): RunRecord {
  const at = Date.now();
  return {
    tenant,
    runId,
    events: [{ type: 'task.started', at, taskPath: path, data: { attempt, worker } }],
    tasks: [
      {
        path,
        kind: 'tool',
        tool,
        status: 'RUNNING',
        startedAt: at,
        attempts: [{ number: attempt, startedAt: at, worker }],
      },
    ],
  };
}

function ended({ tenant, runId, path, tool }: AgentToolInput, result: StepResult): RunRecord {
  const at = Date.now();
  const status = result.status === 'CUT' ? 'CANCELLED' : result.status;
  const type = ({ SUCCEEDED: 'task.succeeded', FAILED: 'task.failed', CUT: 'task.cancelled' } as const)[
    result.status
  ];
  const error = result.status === 'FAILED' ? result.error : undefined;
  return {
    tenant,
    runId,
    events: [{ type, at, taskPath: path, ...(error ? { data: { error: { ...error } as never } } : {}) }],
    tasks: [
      {
        path,
        kind: 'tool',
        tool,
        status,
        finishedAt: at,
        attempts: [result.attempt],
        usage: result.usage,
        ...(result.input ? { input: result.input } : {}),
        ...(result.status === 'SUCCEEDED' ? { output: result.output } : {}),
        ...(error ? { error } : {}),
      },
    ],
  };
}
