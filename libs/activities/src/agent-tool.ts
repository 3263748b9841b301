import type { Failure, RunRecord, TaskPatch } from '#contracts';
import { inlineLimitBytes, nexusError, noUsage } from '#contracts';
import type { BoundTask } from '#plan';
import type { TaskRow } from '#store';
import type { AgentActivities, AgentToolInput, AgentToolResult } from '#workflows';
import { cancellationDetails, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { ActivityDeps } from './create-activities.js';
import type { StepResult } from './step.js';
import type { StepRunner } from './step-runner.js';
import type { StopList } from './stop-list.js';
import type { Reach } from './kill-switch.js';
import { deathsAllowed, quarantined } from './lost-step.js';
import { anySignal } from './named-signals.js';

const timeoutMs = 600_000;
const beatMs = 500;

/** The tool calls of agents, each recorded as a task below the agent's. */
export function createAgentToolActivity(deps: ActivityDeps, runStep: StepRunner): AgentActivities {
  const { stops, store } = deps;

  async function runAgentTool(input: AgentToolInput): Promise<AgentToolResult> {
    const { tenant, runId, path } = input;
    const known = await store.tasks.get(tenant, runId, path);
    // The answer of a call whose worker died after it was written.
    if (known?.status === 'SUCCEEDED' && known.output) return { output: known.output };
    if (known?.status === 'FAILED' && known.error) return { error: known.error };
    const isUnkeyed = deps.tools.get(input.tool)?.effect === 'unkeyed';
    const lost = known?.status === 'RUNNING' ? afterLoss(input, known, isUnkeyed) : null;
    if (known && lost) {
      const last = known.attempts.at(-1) ?? { number: 1, startedAt: known.startedAt ?? Date.now() };
      const attempt = { ...last, finishedAt: Date.now(), error: lost };
      await store.record(ended(input, { status: 'FAILED', error: lost, attempt, usage: noUsage }));
      return { error: lost };
    }
    const beat = setInterval(() => heartbeat(), beatMs);
    try {
      const refused = await notNow(stops, input);
      if (refused) return refused;
      const attempt = (known?.attempts.length ?? 0) + 1;
      await store.record(started(input, attempt, deps.worker));
      return await runOnce(input, attempt, isUnkeyed);
    } finally {
      clearInterval(beat);
    }
  }

  async function runOnce(
    input: AgentToolInput,
    attempt: number,
    isUnkeyed: boolean,
  ): Promise<AgentToolResult> {
    const { tenant, runId, path } = input;
    const cut = stops.cutSignal(runId);
    const interrupt = stops.interruptSignal(tenant, runId);
    const switchedOff = new AbortController();
    const unwatch = stops.watch(() => {
      if (stops.blocked(reachOf(input)) !== undefined) switchedOff.abort();
    });
    const undoes = deps.tools.get(input.tool)?.undo !== undefined;
    const result = await runStep({
      tenant,
      runId,
      path,
      task: taskOf(input, undoes),
      // Its path is in no plan; what its arguments read has been evaluated by whoever wrote them.
      ...(undoes ? { registration: { environment: {} } } : {}),
      environment: { inputs: { inline: null }, tasks: {}, run: { id: runId, startedAt: '' } },
      attempt,
      cut: anySignal(cut, interrupt, switchedOff.signal, cancellationSignal()),
      inlineLimit: inlineLimitBytes,
      literalInput: true,
    }).finally(unwatch);
    const left = result.status === 'CUT' && !cut.aborted && !isCancelled();
    if (isUnkeyed && result.input && (left || (result.status === 'FAILED' && result.unknown))) {
      const error = outcomeUnknown(input.tool, left ? 'it was interrupted' : 'its call failed');
      await store.record(ended(input, { ...result, status: 'FAILED', error }));
      return { error };
    }
    if (left) {
      // A worker that shuts down leaves the call to another, as it stands.
      if (!interrupt.aborted && !switchedOff.signal.aborted) throw workerStopped(path);
      await store.record(put(input, { status: 'READY', attempts: [result.attempt] }));
      const detail = stops.blocked(reachOf(input));
      return {
        notNow: detail === undefined ? 'PAUSED' : 'KILL_SWITCH',
        detail: detail ?? 'the run is paused',
      };
    }
    if (result.status === 'ASKED') {
      await store.record(put(input, { status: 'READY', attempts: [result.attempt] }));
      return { notNow: 'APPROVAL', detail: result.detail };
    }
    if (result.status === 'WAITS') throw nexusError('INTERNAL', `${path}: only calls of models wait so`);
    await store.record(ended(input, result));
    if (result.status === 'SUCCEEDED') return { output: result.output };
    if (result.status === 'FAILED') return { error: result.error };
    return { error: { code: 'CANCELLED', message: 'the call was cut', retryable: false } };
  }

  return { runAgentTool };
}

function reachOf({ tenant, tool, agent }: AgentToolInput): Reach {
  return { tenant, tool, agent };
}

/** What stands against the call now, if anything does. */
async function notNow(stops: StopList, input: AgentToolInput): Promise<AgentToolResult | null> {
  const { tenant, runId } = input;
  await stops.fresh();
  if (stops.isHeld(tenant, runId)) await stops.refresh();
  const detail = stops.blocked(reachOf(input));
  if (detail !== undefined) return { notNow: 'KILL_SWITCH', detail };
  return stops.isHeld(tenant, runId) ? { notNow: 'PAUSED', detail: 'the run is paused' } : null;
}

/** Why a call is not made again whose worker was lost; null when it is. Attempts that ended in peace have an end. */
function afterLoss({ tool }: AgentToolInput, { attempts }: TaskRow, isUnkeyed: boolean): Failure | null {
  if (isUnkeyed) return outcomeUnknown(tool, 'its worker was lost while it ran');
  const deaths = attempts.filter(({ finishedAt }) => finishedAt === undefined).length;
  return deaths >= deathsAllowed ? quarantined(deaths) : null;
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
function outcomeUnknown(tool: string, why: string): Failure {
  const message = `${tool} takes no idempotency key, and ${why}: its effect may have happened`;
  return { code: 'INTERNAL', message, retryable: false };
}

function taskOf({ path, tool, input }: AgentToolInput, undoes: boolean): BoundTask {
  return {
    id: path,
    kind: 'tool',
    needs: [],
    timeoutMs,
    retry: { maxAttempts: 1, initialMs: 0, factor: 1, maxMs: 0, on: [] },
    onError: 'continue',
    place: 'activity',
    expectedMs: 0,
    spec: { kind: 'tool', tool, with: input, effect: 'keyed', ...(undoes ? { undoes } : {}) },
  };
}

function put({ tenant, runId, path, tool }: AgentToolInput, patch: Partial<TaskPatch>): RunRecord {
  return { tenant, runId, events: [], tasks: [{ path, kind: 'tool', tool, ...patch }] };
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

function ended(
  { tenant, runId, path, tool }: AgentToolInput,
  result: Exclude<StepResult, { status: 'ASKED' | 'WAITS' }>,
): RunRecord {
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
