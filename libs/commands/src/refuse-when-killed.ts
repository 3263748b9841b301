import { nexusError } from '#contracts';
import type { CommandDeps } from './command-deps.js';

/** For what makes no run, and yet works: nothing does while all of the tenant's work is switched off. */
export async function refuseWhenKilled({ store }: CommandDeps, tenant: string): Promise<void> {
  const engaged = (await store.killSwitches.active()).find(
    ({ scope, tenant: of }) => scope === 'GLOBAL' || (scope === 'TENANT' && of === tenant),
  );
  if (!engaged) return;
  throw nexusError(
    'KILL_SWITCH_ACTIVE',
    `kill switch ${engaged.scope}, engaged by ${engaged.engagedBy}: ${engaged.reason}`,
    { hint: 'Release it first (releaseKillSwitch, nexus panic --lift).' },
  );
}
