import type { NanoUsd } from '#contracts';
import { providerNames } from '../settings.js';
import type { ProviderApi, ProviderName } from '../settings.js';

/** What a request may need of a model. */
export type Ability = 'tools' | 'structured-output' | 'images' | 'reasoning' | 'streaming';

/** What a deployment costs from a moment on. Rows are never changed: another price is another version. */
export interface PriceVersion {
  /** Stored with every charge. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly effectiveFrom: number;
  /** Nano-dollars per million tokens. */
  readonly input: NanoUsd;
  readonly output: NanoUsd;
  /** Null where the list names none: then a cached token counts as any other. */
  readonly cacheRead: NanoUsd | null;
  readonly cacheWrite: NanoUsd | null;
  /** Nano-dollars per request. */
  readonly request: NanoUsd;
  /** Prices of the whole request once its input is longer than that. */
  readonly beyond?: {
    readonly inputTokens: number;
    readonly input: NanoUsd;
    readonly output: NanoUsd;
    readonly cacheRead: NanoUsd | null;
    readonly cacheWrite?: NanoUsd | null;
  };
}

/** One place where a model can be called: provider, region, account (key) and the provider's model. */
export interface Deployment {
  /** `openai:gpt-6-sol`; further ones of the same model are told apart: `openai@eu/team-b:gpt-6-sol`. */
  readonly id: string;
  readonly provider: ProviderName;
  /** What is spoken to it, where the provider's name does not say. */
  readonly api?: ProviderApi;
  readonly region: string | null;
  /** Names the key in the settings; `default` where there is one. */
  readonly account: string;
  /** As the provider calls it. */
  readonly model: string;
  /** Equal for deployments that answer equally well: the same model behind another door. */
  readonly family: string;
  /** From 1; what asks for a grade takes this or better. Null: only by name. */
  readonly grade: number | null;
  readonly abilities: readonly Ability[];
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /** Null: nobody knows what it costs. */
  readonly price: PriceVersion | null;
  /** Shared limits it draws on, and what fails together with it, widest first: `openai`, `openai@eu`, `openai@eu/team-b`. */
  readonly pools: readonly QuotaPool[];
  readonly domains: readonly string[];
}

/** A limit that several deployments share. Null: not known. */
export interface QuotaPool {
  readonly id: string;
  readonly requestsPerMinute: number | null;
  readonly inputTokensPerMinute: number | null;
  readonly outputTokensPerMinute: number | null;
  readonly concurrency: number | null;
}

/** What is spoken to a deployment. */
export function apiOf({ provider, api }: Pick<Deployment, 'provider' | 'api'>): ProviderApi {
  if (api !== undefined) return api;
  return providerNames.find((name) => name === provider) ?? 'openai-compatible';
}
