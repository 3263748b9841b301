import { resolve } from 'node:path';
import type { Environment } from '../environment.js';
import { secret } from '../secret.js';
import type { Secret } from '../secret.js';
import type { ModelsDocument } from './models-schema.js';

type ProviderEntry = ModelsDocument['providers'][string];
type AccountEntry = ProviderEntry['accounts'][number];

/** A key at an address, the key itself read from the environment. */
type Account = Omit<AccountEntry, 'apiKey'> & { readonly apiKey: Secret | undefined };

/** The file of `NEXUS_MODELS`, checked. */
export interface ModelsFile extends Omit<ModelsDocument, 'providers' | 'refresh'> {
  readonly providers: Readonly<
    Record<string, Pick<ProviderEntry, 'api' | 'seller'> & { readonly accounts: readonly Account[] }>
  >;
  readonly refresh:
    ({ readonly everyMs: number } & ({ readonly url: string } | { readonly file: string })) | undefined;
}

/** What is wrong at a place in the document. */
export interface PlaceFault {
  readonly path: readonly PropertyKey[];
  readonly problem: string;
}

/** What the schema alone cannot see: whether keys are set, and whether names that refer to something do. */
export function faultsOf(
  document: ModelsDocument,
  env: Environment,
  configured: readonly string[],
): PlaceFault[] {
  const faults: PlaceFault[] = [];
  const say = (path: readonly PropertyKey[], problem: string): void => void faults.push({ path, problem });

  for (const [name, provider] of Object.entries(document.providers)) {
    const at = ['providers', name];
    if (name === 'nexus') say(at, 'is the name of the logical models');
    const seen = new Set<string>();
    for (const { account, path } of accountsIn(provider, at)) {
      const { apiKey, baseUrl, region = '' } = account;
      const isOwn = (builtIn as readonly string[]).includes(provider.api ?? name);
      if (!isOwn && baseUrl === undefined)
        say([...path, 'baseUrl'], 'is needed: the provider has no address of its own');
      else if (apiKey === undefined && baseUrl === undefined)
        say([...path, 'apiKey'], 'is needed, or a baseUrl');
      if (apiKey !== undefined && !env[apiKey]?.trim())
        say([...path, 'apiKey'], 'names a variable that is not set');
      const key = `${region}/${account.name}`;
      if (seen.has(key)) say([...path, 'name'], 'is there twice');
      seen.add(key);
    }
    if (seen.size === 0 && !configured.includes(name)) say([...at, 'accounts'], 'has no account');
  }

  const known = [...new Set([...builtIn, ...Object.keys(document.providers)])];
  for (const list of ['deployments', 'prices'] as const) {
    document[list].forEach(({ provider, accounts = [] }, index) => {
      const at = [list, index];
      if (!known.includes(provider)) say([...at, 'provider'], `is not known; there are ${known.join(', ')}`);
      else {
        const names = accountNames(document.providers[provider], configured.includes(provider));
        accounts.forEach((name, position) => {
          const there = `is no account of it; there are ${names.join(', ') || 'none'}`;
          if (!names.includes(name)) say([...at, 'accounts', position], there);
        });
      }
    });
  }
  document.policies.forEach(({ allow = [], deny = [] }, index) => {
    for (const [part, names] of Object.entries({ allow, deny })) {
      names.forEach((name, position) => {
        if (!known.includes(providerIn(name)))
          say(['policies', index, part, position], `names no known provider; there are ${known.join(', ')}`);
      });
    }
  });
  for (const [tier, members = []] of Object.entries(document.tiers)) {
    members.forEach((member, index) => {
      if (!known.includes(providerIn(member)))
        say(['tiers', tier, index], `names no known provider; there are ${known.join(', ')}`);
    });
  }
  return faults;
}

const builtIn = ['openai', 'anthropic', 'google', 'openrouter'] as const;

/** `openai` of `openai@eu/team-b:gpt-6-sol`. */
function providerIn(name: string): string {
  return name.replace(/[@/:].*$/, '');
}

/** The document as the catalogue takes it: keys read, paths resolved against the file's folder. */
export function modelsFileOf(document: ModelsDocument, env: Environment, folder: string): ModelsFile {
  const providers = Object.entries(document.providers).map(([name, provider]) => {
    const accounts = accountsIn(provider, []).map(({ account: { apiKey, ...account } }) => ({
      ...account,
      apiKey: apiKey === undefined ? undefined : secret(env[apiKey]?.trim() ?? ''),
    }));
    return [name, { api: provider.api, seller: provider.seller, accounts }] as const;
  });
  const { url, file, every = 0 } = document.refresh ?? {};
  const from = url !== undefined ? { url } : file !== undefined ? { file: resolve(folder, file) } : null;
  return {
    ...document,
    providers: Object.fromEntries(providers),
    refresh: from === null ? undefined : { ...from, everyMs: every },
  };
}

/** The accounts of a provider: the one that stands in the provider itself, and those of its list. */
function accountsIn(
  { apiKey, baseUrl, region, limits, accounts }: ProviderEntry,
  at: readonly PropertyKey[],
): { readonly account: AccountEntry; readonly path: readonly PropertyKey[] }[] {
  const isOwn = [apiKey, baseUrl, region, limits].some((given) => given !== undefined);
  const own = { account: { name: 'default', apiKey, baseUrl, region, limits }, path: at };
  const listed = accounts.map((account, index) => ({ account, path: [...at, 'accounts', index] }));
  return [...(isOwn ? [own] : []), ...listed];
}

function accountNames(provider: ProviderEntry | undefined, inEnvironment: boolean): readonly string[] {
  const given = provider === undefined ? [] : accountsIn(provider, []).map(({ account }) => account);
  const names = given.flatMap(({ name, region }) =>
    region === undefined ? [name] : [name, `${region}/${name}`],
  );
  return [...new Set([...(inEnvironment ? ['default'] : []), ...names])];
}
