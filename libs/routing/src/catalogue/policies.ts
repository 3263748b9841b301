import type { CataloguePolicy } from '../settings.js';
import type { Deployment } from './deployment.js';

/**
 * Why a tenant may not use a deployment; null when it may. Every policy that is about the tenant must agree: what it
 * denies is out, where it allows something all else is, and where it names regions what is in no region is out too.
 */
export function refusalOf(
  policies: readonly CataloguePolicy[],
  tenant: string,
  deployment: Deployment,
): string | null {
  for (const { tenants, allow, deny = [], regions } of policies) {
    if (tenants !== undefined && !tenants.includes(tenant)) continue;
    const denied = deny.find((name) => isMeant(name, deployment));
    if (denied !== undefined) return `a policy denies ${denied}`;
    if (allow !== undefined && !allow.some((name) => isMeant(name, deployment)))
      return `a policy allows only ${allow.join(', ')}`;
    if (regions !== undefined && (deployment.region === null || !regions.includes(deployment.region)))
      return `a policy allows only the regions ${regions.join(', ')}`;
  }
  return null;
}

/** A place, `openai` or `openai@eu`, means all that is there; `openai:gpt-6-sol` that model there. */
function isMeant(name: string, { id, domains, model }: Deployment): boolean {
  const colon = name.indexOf(':');
  const place = colon < 0 ? name : name.slice(0, colon);
  const isThere = domains.includes(place) || id === `${place}:${model}`;
  return isThere && (colon < 0 || name.slice(colon + 1) === model);
}
