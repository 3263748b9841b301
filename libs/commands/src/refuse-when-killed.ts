import { type KillScope, nexusError } from '#contracts';
import type { CommandDeps } from './command-deps.js';

/** For what makes no new run, and yet works: nothing does while a switch is engaged against all of that work. */
export async function refuseWhenKilled(
  { store }: CommandDeps,
  tenant: string,
  labels: readonly string[] = [],
): Promise<void> {
  const engaged = (await store.killSwitches.active()).find(
    ({ scope, target, tenant: of }) =>
      scope === 'GLOBAL' ||
      (of === tenant &&
        (scope === 'TENANT' || (scope === 'PROJECT' && labels.includes(`project:${target}`)))),
  );
  if (!engaged) return;
  throw nexusError('KILL_SWITCH_ACTIVE', `nothing starts: ${told(engaged)}`, {
    hint: 'Release it first (releaseKillSwitch, nexus panic --lift).',
  });
}

/**
 * For a call that no task makes: there is nothing to wait in, so it is refused while a switch is engaged against the
 * model. Whoever tries again for a while may find it released.
 */
export async function refuseSwitchedOff(
  { store }: Pick<CommandDeps, 'store'>,
  tenant: string,
  model: string,
): Promise<void> {
  const engaged = (await store.killSwitches.active()).find(
    ({ scope, target, tenant: of }) => scope === 'MODEL' && target === model && of === tenant,
  );
  if (!engaged) return;
  throw nexusError('KILL_SWITCH_ACTIVE', `model ${model} is not called: ${told(engaged)}`, {
    retryable: true,
    hint: `Release it first (nexus panic --lift --scope MODEL --target ${model}), or plan without a model: --template, --plan.`,
  });
}

function told(of: {
  readonly scope: KillScope;
  readonly engagedBy: string;
  readonly reason: string;
}): string {
  return `kill switch ${of.scope}, engaged by ${of.engagedBy}: ${of.reason}`;
}
