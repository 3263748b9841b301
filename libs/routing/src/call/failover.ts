import { isNexusError, nexusError } from '#contracts';
import type { NexusError } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';

/** Failures that speak against the deployment rather than the request: another one may do better. */
const blamedOnDeployment: readonly string[] = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_AUTH',
  'PROVIDER_QUOTA',
  'TIMEOUT',
];

/**
 * Calls the deployments one after the other until one answers. When none does, the failure is the one that says
 * most about trying again: a retryable one with the shortest wait, else the first.
 */
export async function firstToAnswer<T>(
  deployments: readonly Deployment[],
  call: (to: Deployment) => Promise<T>,
): Promise<T> {
  let soonest: NexusError | undefined;
  for (const to of deployments) {
    try {
      return await call(to);
    } catch (error) {
      if (!isNexusError(error) || !blamedOnDeployment.includes(error.code)) throw error;
      soonest = soonest === undefined || wait(error) < wait(soonest) ? error : soonest;
    }
  }
  throw soonest ?? nexusError('PROVIDER_UNAVAILABLE', 'there is no deployment to call');
}

function wait({ failure }: NexusError): number {
  return failure.retryable ? (failure.retryAfterMs ?? 0) : Number.POSITIVE_INFINITY;
}
