/** A credential that shows itself only when asked. */
export interface Secret {
  readonly reveal: () => string;
}

/** How a provider is reached. With neither key nor base URL it is not configured. */
export interface ProviderAccess {
  readonly apiKey?: Secret | undefined;
  /** With `/v1`. For `openai` any endpoint that speaks its chat completions: vLLM, Ollama, a gateway. */
  readonly baseUrl?: string | undefined;
}

/** The providers that need no more than a key, in the order in which they are tried where nothing else decides. */
export const providerNames = ['openai', 'anthropic', 'google', 'openrouter'] as const;
export type BuiltInProvider = (typeof providerNames)[number];

/** A built-in provider, or one that the catalogue file defines. */
export type ProviderName = string;

/** What is spoken to a provider. */
export type ProviderApi = BuiltInProvider | 'openai-compatible';

export type ProviderSettings = { readonly [name in BuiltInProvider]?: ProviderAccess | undefined };

/** Limits of one account, as the provider grants them. */
export interface AccountLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly inputTokensPerMinute?: number | undefined;
  readonly outputTokensPerMinute?: number | undefined;
  readonly concurrency?: number | undefined;
}

/** One key at one address. */
export interface AccountSettings extends ProviderAccess {
  readonly name: string;
  readonly region?: string | undefined;
  readonly limits?: AccountLimits | undefined;
}

/** A provider as the catalogue file has it. */
export interface CatalogueProvider {
  readonly api?: ProviderApi | undefined;
  /** Whose price list holds, by its name there. */
  readonly seller?: string | undefined;
  readonly accounts: readonly AccountSettings[];
}

/** What the file says of a model at a provider, at some of its accounts or all. */
export interface CatalogueDeployment {
  readonly provider: ProviderName;
  readonly model: string;
  readonly accounts?: readonly string[] | undefined;
  readonly family?: string | undefined;
  readonly contextWindow?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly abilities?:
    readonly ('tools' | 'structured-output' | 'images' | 'reasoning' | 'streaming')[] | undefined;
}

/** US dollars for a million tokens and for a request, in nano-dollars. */
export interface CataloguePrice {
  readonly provider: ProviderName;
  readonly model: string;
  readonly accounts?: readonly string[] | undefined;
  /** Milliseconds since the epoch; always, if absent. */
  readonly from?: number | undefined;
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly request?: number | undefined;
  readonly beyond?:
    | {
        readonly inputTokens: number;
        readonly input: number;
        readonly output: number;
        readonly cacheRead?: number | undefined;
        readonly cacheWrite?: number | undefined;
      }
    | undefined;
}

/** What tenants may use: places (`openai`, `openai@eu`) or models there (`openai:gpt-6-sol`). */
export interface CataloguePolicy {
  /** All, if absent. */
  readonly tenants?: readonly string[] | undefined;
  /** Nothing else then. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly regions?: readonly string[] | undefined;
}

/** Where newer prices are looked up. */
export type PriceRefresh = { readonly everyMs: number } & (
  { readonly url: string } | { readonly file: string }
);

/** What the file of `NEXUS_MODELS` says, checked. */
export interface CatalogueFile {
  readonly providers: Readonly<Record<ProviderName, CatalogueProvider>>;
  readonly deployments: readonly CatalogueDeployment[];
  readonly prices: readonly CataloguePrice[];
  /** What serves a logical model instead of what is built in: `provider:model`, or a deployment by its full name. */
  readonly tiers: { readonly [tier in 'fast' | 'standard' | 'best']?: readonly string[] | undefined };
  readonly policies?: readonly CataloguePolicy[] | undefined;
  readonly refresh?: PriceRefresh | undefined;
}

/** The providers that a key or a base URL makes usable, in order. */
export function configuredProviders(settings: ProviderSettings): readonly BuiltInProvider[] {
  return providerNames.filter((name) => {
    const access = settings[name];
    return access?.apiKey !== undefined || access?.baseUrl !== undefined;
  });
}
