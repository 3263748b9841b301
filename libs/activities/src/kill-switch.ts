import type { KillScope } from '#contracts';

/** A switch that somebody has thrown. */
export interface KillSwitch {
  readonly scope: KillScope;
  readonly target: string | null;
  /** Whose work it stops; of a GLOBAL one this says nothing. */
  readonly tenant: string;
  readonly reason?: string | undefined;
}

/** What a step reaches. */
export interface Reach {
  readonly tenant: string;
  readonly tool?: string | undefined;
  readonly model?: string | undefined;
  readonly agent?: string | undefined;
}

/** The switch against all of a tenant's work. Those against a project stop its runs one by one. */
export function tenantSwitch(switches: readonly KillSwitch[], tenant: string): KillSwitch | undefined {
  return switches.find(
    ({ scope, tenant: of }) => scope === 'GLOBAL' || (scope === 'TENANT' && of === tenant),
  );
}

/** The switch against a tool, model or agent that the step reaches. */
export function reachedSwitch(switches: readonly KillSwitch[], reach: Reach): KillSwitch | undefined {
  const reached: Partial<Record<KillScope, string | undefined>> = {
    TOOL: reach.tool,
    MODEL: reach.model,
    AGENT: reach.agent,
  };
  return switches.find(
    ({ scope, target, tenant }) => tenant === reach.tenant && target !== null && target === reached[scope],
  );
}

/** Why a task waits for it, for people. */
export function switchDetail({ scope, target, reason }: KillSwitch): string {
  const what = `${scope.toLowerCase()}${target === null ? '' : ` ${target}`} is switched off`;
  return reason ? `${what}: ${reason}` : what;
}

export function sameSwitch(a: KillSwitch, b: KillSwitch): boolean {
  return a.scope === b.scope && a.target === b.target && (a.scope === 'GLOBAL' || a.tenant === b.tenant);
}
