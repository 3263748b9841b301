import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Deployment } from '../catalogue/deployment.js';
import type { Price, TokenCounts } from '../catalogue/prices.js';

/** What there is to call, what it costs, and how it is called. */
export interface CallCatalogue {
  /** The deployments that can answer for a model; never empty. Throws a NexusError for a name that nobody knows. */
  offers(model: string): readonly Deployment[];
  cost(to: Deployment, tokens: TokenCounts, at: number): Price;
  adapter(to: Deployment): LanguageModelV4;
}
