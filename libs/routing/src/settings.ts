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

/** The providers in the order in which they are tried. Google joins with its adapter. */
export const providerNames = ['openai', 'anthropic', 'openrouter'] as const;
export type ProviderName = (typeof providerNames)[number];

export type ProviderSettings = { readonly [name in ProviderName]?: ProviderAccess | undefined };

/** The providers that a key or a base URL makes usable, in order. */
export function configuredProviders(settings: ProviderSettings): readonly ProviderName[] {
  return providerNames.filter((name) => {
    const access = settings[name];
    return access?.apiKey !== undefined || access?.baseUrl !== undefined;
  });
}
