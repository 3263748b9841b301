import type { NewRunEvent, WaitReason } from '#contracts';
import { getExternalWorkflowHandle, log, workflowInfo } from '@temporalio/workflow';
import { activityFailure } from '../activity-failure.js';
import { childRests } from '../child-report.js';
import type { PauseGate } from '../pause-gate.js';
import { record } from '../run-activities.js';
import type { NotNow } from './agent-activities.js';
import type { AgentTaskInput } from './agent-task-input.js';

/** Workers may know of a pause before its signal is here, or still when it has been lifted. */
const pausedMs = 1_000;
const switchedOffMs = 30_000;
/** Each look costs history, also where somebody says that it will be at once. */
const soonestMs = 1_000;
/** News comes by signal; looking again is for signals that were lost, and each look costs history. */
const longestMs = 600_000;

/** Does work as soon as nothing stands against it. */
export type WhenAllowed = <T extends object>(work: () => Promise<T | NotNow>) => Promise<T>;

/**
 * Holds an agent's calls while its run is paused, or something that they reach is switched off. When all that it has
 * to do waits, its row says so; a reader counts it among what is in flight no longer.
 */
export function createWhenAllowed(
  { tenant, runId, path, reportTo }: AgentTaskInput,
  gate: PauseGate,
): WhenAllowed {
  let underway = 0;
  const waiting = new Map<object, WaitReason>();
  let shown = 'RUNNING';
  let told = 0;
  let rests = false;

  async function show(): Promise<void> {
    const [wait = null] = underway > 0 ? [] : waiting.values();
    const status = wait === null ? 'RUNNING' : wait.kind === 'PAUSED' ? 'PAUSED' : 'WAITING';
    if (status === shown) return;
    shown = status;
    const event: NewRunEvent[] =
      status === 'WAITING'
        ? [{ type: 'task.waiting', at: Date.now(), taskPath: path, data: { wait: { ...wait } as never } }]
        : [];
    const once = `${path}@${workflowInfo().runId}/wait${++told}`;
    const task = { path, kind: 'agent', status, waiting: wait } as const;
    await record({ tenant, runId, once, events: event, tasks: [task] });
  }

  /** Of pauses and switches the workflow that waits for this one knows by itself; of what calls come to it does not. */
  async function tellWhetherItRests(wait: WaitReason | null): Promise<void> {
    if (reportTo === undefined || rests === (wait !== null)) return;
    rests = wait !== null;
    try {
      await getExternalWorkflowHandle(reportTo).signal(childRests, { path, wait });
    } catch (error) {
      log.warn('the workflow that waits for this one has not heard that it rests', { error });
    }
  }

  /** Waits, while the row says why, until the time has come. */
  async function wait(
    kind: WaitReason['kind'],
    detail: string,
    until: () => Promise<void>,
    moment?: number,
  ): Promise<void> {
    const call = {};
    const said = moment === undefined ? {} : { until: new Date(moment).toISOString() };
    waiting.set(call, { kind, detail, since: new Date().toISOString(), ...said });
    await show();
    await until();
    waiting.delete(call);
  }

  return async (work) => {
    for (let refusals = 0; ; refusals++) {
      const [pause] = gate.pauses();
      if (pause) await wait('PAUSED', `paused by ${pause.by}`, gate.open);
      underway++;
      const shows = show();
      const result = await work()
        .catch(notNowOf)
        .finally(() => underway--);
      await shows;
      if (!('notNow' in result)) {
        await tellWhetherItRests(null);
        return result;
      }
      const { notNow, detail, until } = result;
      if (notNow === 'BUDGET' || notNow === 'RATE_LIMIT' || notNow === 'DEPENDENCY') {
        const since = new Date().toISOString();
        await tellWhetherItRests({ kind: notNow, detail: `its model: ${detail}`, since });
      }
      const first = notNow === 'PAUSED' ? pausedMs : switchedOffMs;
      const ms =
        until === undefined
          ? Math.min(longestMs, first * 2 ** refusals)
          : Math.max(soonestMs, until - Date.now());
      await wait(notNow, detail, () => gate.news(ms), until);
    }
  };
}

/** A model call that may not be made fails its activity; that failure is no failure of the task. */
function notNowOf(error: unknown): NotNow {
  const { code, message, wait } = activityFailure(error);
  if (code === 'PAUSED' || code === 'KILL_SWITCH') return { notNow: code, detail: message };
  if (wait !== undefined) return { notNow: wait.kind, detail: message, until: wait.until };
  throw error;
}
