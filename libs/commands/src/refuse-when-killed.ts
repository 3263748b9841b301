import { nexusError } from '#contracts';
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
  throw nexusError(
    'KILL_SWITCH_ACTIVE',
    `nothing starts: kill switch ${engaged.scope}, engaged by ${engaged.engagedBy}: ${engaged.reason}`,
    { hint: 'Release it first (releaseKillSwitch, nexus panic --lift).' },
  );
}
