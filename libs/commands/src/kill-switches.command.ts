import { type KillScope, killScopes, type WaitKind } from '#contracts';
import type { KillSwitchRow, KillTarget } from '#store';
import { z } from 'zod';
import { bounded } from './bounded.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellWorkflow } from './deliver-signals.js';
import { finishKill } from './finish-kill.js';
import { Reason } from './input-fields.js';
import { targetFault } from './kill-target.js';
import { parseInput } from './parse-input.js';
import { type UserError, userError } from './user-error.js';

const fields = { scope: z.enum(killScopes), target: z.string().min(1).max(300).nullish() };

export const EngageKillSwitchInput = z.strictObject({ ...fields, reason: Reason });
export const ReleaseKillSwitchInput = z.strictObject(fields);

/** A kill switch as every door shows it. */
export type KillSwitchView = Omit<KillSwitchRow, 'releasedAt' | 'tenant'>;

export interface KillPayload {
  readonly killSwitch: KillSwitchView | null;
  readonly userErrors: readonly UserError[];
}

const killedAtOnce = 64;
/** Whether switches of this scope kill runs; those of the others let tasks wait. */
export function isKilling(scope: KillScope): boolean {
  return scope === 'GLOBAL' || scope === 'TENANT' || scope === 'PROJECT';
}

/** The engaged switches that concern the caller, newest first. */
export async function readKillSwitches(
  { store }: CommandDeps,
  context: CommandContext,
): Promise<KillSwitchView[]> {
  return (await store.killSwitches.list(context.tenant)).map(killSwitchView);
}

/**
 * Engages a switch. GLOBAL, TENANT and PROJECT kill the runs they are for and refuse new ones; AGENT, TOOL and MODEL
 * let the tasks that reach it wait. This process's workers act before the database has it.
 */
export async function engageKillSwitch(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<KillPayload> {
  const { scope, target = null, reason } = parseInput(EngageKillSwitchInput, input);
  const fault = targetFault(deps, scope, target);
  if (fault) return { killSwitch: null, userErrors: [fault] };
  const { store, now } = deps;
  const { tenant, actor } = context;
  const of = { scope, target, tenant };
  const begun = performance.now();
  const engaged = await store.killSwitches.engage({ ...of, engagedAt: now(), engagedBy: actor, reason });
  const row = isKilling(scope) ? await killAll(deps, of, reason, actor, begun) : engaged;
  return { killSwitch: killSwitchView(row ?? engaged), userErrors: [] };
}

/** Releases a switch, and lets what waited for it look again. */
export async function releaseKillSwitch(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<KillPayload> {
  const { scope, target = null } = parseInput(ReleaseKillSwitchInput, input);
  const row = await deps.store.killSwitches.release(scope, target, context.tenant, context.actor);
  if (row === null) {
    const what = target === null ? scope : `${scope} ${target}`;
    return {
      killSwitch: null,
      userErrors: [userError('FAILED_PRECONDITION', `no kill switch ${what} is engaged`, ['scope'])],
    };
  }
  if (!isKilling(scope)) await nudgeWaiting(deps, 'KILL_SWITCH');
  return { killSwitch: killSwitchView(row), userErrors: [] };
}

/** Kills every run that the switch is for. Also for the sweep: a run may have slipped in beside the switch. */
export async function killAll(
  deps: CommandDeps,
  of: KillTarget,
  reason: string,
  by: string,
  begun: number,
): Promise<KillSwitchRow | null> {
  const runs = await deps.store.runs.stopAll(of, reason, by);
  const times = await bounded(runs, killedAtOnce, (run) => finishKill(deps, run, begun, of.scope));
  const longest = Math.max(...times.map((time) => time ?? performance.now() - begun), 0);
  return await deps.store.killSwitches.stopped(
    of,
    runs.length,
    runs.length === 0 ? null : Math.round(longest),
  );
}

/** Every workflow of a run with a task that waits for such a thing: which of them holds it, only they know. */
export async function nudgeWaiting(deps: CommandDeps, kind: WaitKind): Promise<void> {
  for (const { tenant, runId } of await deps.store.tasks.runsWaitingFor(kind)) {
    const run = await deps.store.runs.get(tenant, runId);
    const children = await deps.store.tasks.workflows(tenant, runId);
    const workflows = new Set([run?.workflowId ?? '', ...children.map(({ workflowId }) => workflowId)]);
    workflows.delete('');
    const signals = [...workflows].map((workflowId) => ({ tenant, runId, workflowId, name: 'nudge' }));
    await tellWorkflow(deps, ...signals);
  }
}

function killSwitchView({
  releasedAt: _releasedAt,
  tenant: _tenant,
  ...view
}: KillSwitchRow): KillSwitchView {
  return view;
}
