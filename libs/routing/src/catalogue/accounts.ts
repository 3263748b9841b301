import { configuredProviders, providerNames } from '../settings.js';
import type {
  AccountLimits,
  CatalogueFile,
  ProviderAccess,
  ProviderApi,
  ProviderName,
  ProviderSettings,
} from '../settings.js';
import type { QuotaPool } from './deployment.js';

/** One key at one address of one provider. */
export interface Account extends ProviderAccess {
  readonly provider: ProviderName;
  readonly api: ProviderApi;
  readonly region: string | null;
  readonly name: string;
  /** Whose price list holds; undefined: found out by the address. */
  readonly seller: string | undefined;
  readonly limits: AccountLimits;
}

/** The name of the account that comes with a provider's own environment variables. */
export const defaultAccount = 'default';

/**
 * All accounts, by provider. A key of the environment is the provider's account `default`, beside those of the file;
 * where the file has one of that name too, the file's holds.
 */
export function accountsOf(
  settings: ProviderSettings,
  file: CatalogueFile | undefined,
): ReadonlyMap<ProviderName, readonly Account[]> {
  const given = file?.providers ?? {};
  const accounts = new Map<ProviderName, readonly Account[]>();
  const builtIn = configuredProviders(settings);
  const names = [
    ...providerNames.filter((name) => builtIn.includes(name) || name in given),
    ...Object.keys(given).filter((name) => !isBuiltIn(name)),
  ];
  for (const provider of names) {
    const { api, seller, accounts: ofFile = [] } = given[provider] ?? {};
    const spoken = api ?? (isBuiltIn(provider) ? provider : 'openai-compatible');
    const common = { provider, api: spoken, seller };
    const own = builtIn.find((name) => name === provider);
    const isReplaced = ofFile.some(({ name, region }) => name === defaultAccount && region === undefined);
    const fromEnvironment: Account[] =
      own === undefined || isReplaced
        ? []
        : [{ ...common, ...settings[own], region: null, name: defaultAccount, limits: {} }];
    const fromFile = ofFile.map(({ region = null, limits = {}, ...account }) => ({
      ...common,
      ...account,
      region,
      limits,
    }));
    const all = [...fromEnvironment, ...fromFile];
    if (all.length > 0) accounts.set(provider, all);
  }
  return accounts;
}

function isBuiltIn(name: string): name is (typeof providerNames)[number] {
  return providerNames.some((known) => known === name);
}

/** `openai`, `openai@eu`, `openai@eu/team-b`: what a deployment's ID begins with. */
export function placeOf({ provider, region, name }: Pick<Account, 'provider' | 'region' | 'name'>): string {
  const inRegion = region === null ? provider : `${provider}@${region}`;
  return name === defaultAccount ? inRegion : `${inRegion}/${name}`;
}

/** What fails together with an account, widest first. */
export function domainsOf({
  provider,
  region,
  name,
}: Pick<Account, 'provider' | 'region' | 'name'>): readonly string[] {
  const inRegion = region === null ? provider : `${provider}@${region}`;
  return [...new Set([provider, inRegion, `${inRegion}/${name}`])];
}

/** The limits that all models of an account share. */
export function poolOf(account: Account): QuotaPool {
  const { limits } = account;
  return {
    id: domainsOf(account).at(-1) ?? account.provider,
    requestsPerMinute: limits.requestsPerMinute ?? null,
    inputTokensPerMinute: limits.inputTokensPerMinute ?? null,
    outputTokensPerMinute: limits.outputTokensPerMinute ?? null,
    concurrency: limits.concurrency ?? null,
  };
}
