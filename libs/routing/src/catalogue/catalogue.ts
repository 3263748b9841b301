import type { LanguageModelV4 } from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { CatalogueFile, ProviderName, ProviderSettings, Secret } from '../settings.js';
import { providerNames } from '../settings.js';
import { accountsOf, domainsOf, placeOf } from './accounts.js';
import type { Account } from './accounts.js';
import { createAdapters } from './adapters.js';
import type { Deployment } from './deployment.js';
import { deploymentAt, isAmong, sellerOf } from './make-deployment.js';
import type { DeploymentMade } from './make-deployment.js';
import { refusalOf } from './policies.js';
import { createPriceBook, keyOf } from './price-book.js';
import type { BookEntry, KeptPrice, PriceBook, PriceSource } from './price-book.js';
import { gradeOf, modelTiers, tierId, tierModels } from './tiers.js';
import type { ModelTier } from './tiers.js';

export interface CatalogueParts {
  readonly providers: ProviderSettings;
  readonly file?: CatalogueFile | undefined;
}

/** All that can be called: which deployments there are, what they can and cost, and how they are reached. */
export interface Catalogue {
  /**
   * The deployments that a model's name stands for, never none. A logical model's are those of its grade, in the
   * order of the catalogue, then better ones; `provider:model` stands for all accounts of the provider, and what
   * names a region or an account for those there.
   */
  offers(modelId: string, at: number): readonly Deployment[];
  /** Those that are named in advance: behind logical models, and in the file. */
  deployments(at: number): readonly Deployment[];
  /** Why a tenant may not use a deployment, by the policies of the file; null when it may. */
  refusal(tenant: string, deployment: Deployment): string | null;
  /** Where the price of a deployment comes from. */
  priceSource(deployment: Deployment): PriceSource | null;
  adapter(to: Deployment): LanguageModelV4;
  /** Every key, so that it can be kept out of texts. */
  readonly secrets: readonly Secret[];
  /** Whose price lists hold. */
  readonly sellers: readonly string[];
  /** Takes over what refreshes have brought, all of it. */
  takePrices(kept: readonly KeptPrice[]): void;
}

/** Prices change on the minute: who asks again within it gets the very same deployments. */
const freshMs = 60_000;

export function createCatalogue({ providers, file }: CatalogueParts): Catalogue {
  const accounts = accountsOf(providers, file);
  const all = [...accounts.values()].flat();
  const entries = file?.deployments ?? [];
  const policies = file?.policies ?? [];
  let book = createPriceBook([]);
  let lookedUp = book;
  let made = new Map<string, DeploymentMade>();
  let offered = new Map<string, readonly Deployment[]>();
  let madeAt = Number.NEGATIVE_INFINITY;

  function forget(at: number): void {
    lookedUp = once(book);
    made = new Map();
    offered = new Map();
    madeAt = at - (at % freshMs);
  }

  const tiers = modelTiers.map((tier) => ({ tier, members: membersOf(tier, accounts, file) }));

  function expand(provider: ProviderName, place: string, model: string): readonly Account[] {
    const limited = entries.filter((each) => each.provider === provider && each.model === model);
    return (accounts.get(provider) ?? []).filter(
      (account) =>
        (placeOf(account) === place || domainsOf(account).includes(place)) &&
        (limited.length === 0 || limited.some((each) => isAmong(account, each.accounts))),
    );
  }

  function make(account: Account, model: string, at: number): Deployment {
    const id = `${placeOf(account)}:${model}`;
    const kept = made.get(id);
    if (kept !== undefined) return kept.deployment;
    const fresh = deploymentAt(account, model, at, {
      book: lookedUp,
      file,
      grade: gradeAt(account, model),
    });
    made.set(id, fresh);
    return fresh.deployment;
  }

  function gradeAt({ provider }: Account, model: string): number | null {
    const serving = tiers.filter(({ members }) =>
      members.some((member) => member.provider === provider && member.model === model),
    );
    return serving.length === 0 ? null : Math.max(...serving.map(({ tier }) => gradeOf(tier)));
  }

  function serving(tier: ModelTier, at: number): readonly Deployment[] {
    const members = tiers.find((each) => each.tier === tier)?.members ?? [];
    return members.flatMap(({ provider, place, model }) =>
      expand(provider, place, model).map((account) => make(account, model, at)),
    );
  }

  function offersOf(tier: ModelTier, at: number): readonly Deployment[] {
    const higher = modelTiers.slice(modelTiers.indexOf(tier));
    const offered = distinct(higher.flatMap((each) => serving(each, at)));
    if (offered.length > 0) return offered;
    throw nexusError('PROVIDER_UNAVAILABLE', `model ${tierId(tier)}: no deployment serves it`, {
      hint: `name models for tiers.${tier} in the file of NEXUS_MODELS, or set the key of a provider`,
    });
  }

  function pinned(modelId: string, at: number): readonly Deployment[] {
    const colon = modelId.indexOf(':');
    const [place, model] = [modelId.slice(0, Math.max(0, colon)), modelId.slice(colon + 1)];
    const provider = /^[^@/]*/.exec(place)?.[0] ?? '';
    if (place === '' || model === '' || !isProvider(provider, accounts))
      throw unknownModel(modelId, accounts);
    if (!accounts.has(provider)) throw notConfigured(modelId, provider, accounts);
    const found = expand(provider, place, model).map((account) => make(account, model, at));
    if (found.length > 0) return found;
    const there = (accounts.get(provider) ?? []).map((account) => `${placeOf(account)}:${model}`);
    throw nexusError('INVALID_INPUT', `model ${modelId} is not known; there are ${there.join(', ')}`, {
      hint: 'nexus models lists the deployments',
    });
  }

  return {
    offers(modelId, at) {
      if (accounts.size === 0) throw noProvider(modelId);
      if (!isFresh(at, madeAt)) forget(at);
      const known = offered.get(modelId);
      if (known !== undefined) return known;
      const tier = modelTiers.find((each) => tierId(each) === modelId);
      const offers = tier === undefined ? pinned(modelId, at) : offersOf(tier, at);
      offered.set(modelId, offers);
      return offers;
    },
    deployments(at) {
      if (!isFresh(at, madeAt)) forget(at);
      const named = entries.flatMap(({ provider, model }) =>
        expand(provider, provider, model).map((account) => make(account, model, at)),
      );
      return distinct([...modelTiers.flatMap((tier) => serving(tier, at)), ...named]);
    },
    refusal: (tenant, deployment) => refusalOf(policies, tenant, deployment),
    priceSource: ({ id }) => made.get(id)?.source ?? null,
    adapter: createAdapters(all),
    secrets: all.flatMap(({ apiKey }) => (apiKey === undefined ? [] : [apiKey])),
    sellers: [...new Set(all.map(sellerOf))],
    takePrices(kept) {
      book = createPriceBook(kept);
      forget(madeAt);
    },
  };
}

function isFresh(at: number, madeAt: number): boolean {
  return at >= madeAt && at < madeAt + freshMs;
}

/** Looks each model up once: its price is the same at all accounts of a seller. */
function once(book: PriceBook): PriceBook {
  const entries = new Map<string, BookEntry>();
  return (seller, model, at) => {
    const key = keyOf({ seller, model });
    const entry = entries.get(key) ?? book(seller, model, at);
    entries.set(key, entry);
    return entry;
  };
}

/** One of a tier's models: `openai@eu:gpt-6-sol` is the model at the place `openai@eu`. */
interface Member {
  readonly provider: ProviderName;
  readonly place: string;
  readonly model: string;
}

function membersOf(
  tier: ModelTier,
  accounts: ReadonlyMap<ProviderName, readonly Account[]>,
  file: CatalogueFile | undefined,
): readonly Member[] {
  const named = file?.tiers[tier];
  if (named !== undefined) return named.map(readMember);
  return providerNames
    .filter((provider) => accounts.has(provider))
    .map((provider) => ({ provider, place: provider, model: tierModels[provider][tier] }));
}

function readMember(id: string): Member {
  const colon = id.indexOf(':');
  const place = id.slice(0, colon);
  return { provider: place.replace(/[@/].*$/, ''), place, model: id.slice(colon + 1) };
}

function distinct(deployments: readonly Deployment[]): readonly Deployment[] {
  return [...new Map(deployments.map((each) => [each.id, each])).values()];
}

type Accounts = ReadonlyMap<ProviderName, readonly Account[]>;

function isProvider(name: string, accounts: Accounts): boolean {
  return accounts.has(name) || providerNames.some((known) => known === name);
}

function noProvider(modelId: string) {
  return nexusError('PROVIDER_UNAVAILABLE', `model ${modelId}: no model provider is configured`, {
    hint: 'set OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_GENERATIVE_AI_API_KEY or OPENAI_BASE_URL, or name a catalogue in NEXUS_MODELS',
  });
}

function unknownModel(modelId: string, accounts: Accounts) {
  const known = [...modelTiers.map(tierId), ...[...accounts.keys()].map((name) => `${name}:<model>`)];
  return nexusError('INVALID_INPUT', `model ${modelId} is not known; there are ${known.join(', ')}`, {
    hint: 'name a tier, or a model as provider:model',
  });
}

function notConfigured(modelId: string, provider: string, accounts: Accounts) {
  const variable = provider === 'google' ? 'GOOGLE_GENERATIVE_AI' : provider.toUpperCase();
  return nexusError('PROVIDER_UNAVAILABLE', `model ${modelId}: provider ${provider} is not configured`, {
    hint: `set ${variable}_API_KEY, or name a model of ${[...accounts.keys()].join(' or ')}`,
  });
}
