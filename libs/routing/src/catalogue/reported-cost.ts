import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { NanoUsd } from '#contracts';
import { apiOf } from './deployment.js';
import type { Deployment } from './deployment.js';

/**
 * What the provider says that a call cost: OpenRouter does, in dollars, and with a customer's own key at the model's
 * maker also what that one charges. Null where it says nothing.
 */
export function reportedCost(
  deployment: Pick<Deployment, 'provider' | 'api'>,
  usage: LanguageModelV4Usage,
): NanoUsd | null {
  if (apiOf(deployment) !== 'openrouter') return null;
  const { cost, is_byok: ownKey, cost_details: details } = (usage.raw ?? {}) as ReportedUsage;
  if (!isAmount(cost)) return null;
  const upstream = ownKey === true ? details?.upstream_inference_cost : 0;
  return toNanos(cost + (isAmount(upstream) ? upstream : 0));
}

interface ReportedUsage {
  readonly cost?: unknown;
  readonly is_byok?: unknown;
  readonly cost_details?: { readonly upstream_inference_cost?: unknown } | null;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Decimals beyond a thousandth of a nano-dollar are noise of binary fractions, not money. */
function toNanos(usd: number): NanoUsd {
  return Math.ceil(Number((usd * 1e9).toFixed(3)));
}
