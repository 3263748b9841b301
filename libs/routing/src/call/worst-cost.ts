import type { NanoUsd } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';

/** What so many tokens cost at the list's price, none of them cached; 0 where nobody knows. */
export function listedCost({ price }: Deployment, inputTokens: number, outputTokens: number): NanoUsd {
  if (price === null) return 0;
  return Math.ceil((inputTokens * price.input + outputTokens * price.output) / 1e6) + price.request;
}
