import type { CatalogueDeployment, CatalogueFile, CataloguePrice } from '../settings.js';
import { domainsOf, placeOf, poolOf } from './accounts.js';
import type { Account } from './accounts.js';
import type { Deployment, PriceVersion } from './deployment.js';
import { factsOf, familyOf } from './model-facts.js';
import type { PriceBook, PriceSource } from './price-book.js';
import { sellerAt } from './price-list.js';
import { priceVersion } from './price-version.js';

export interface DeploymentMade {
  readonly deployment: Deployment;
  readonly source: PriceSource | null;
}

/** A deployment as the file, the price lists and the tables of models make it. */
export function deploymentAt(
  account: Account,
  model: string,
  at: number,
  { book, file, grade }: { book: PriceBook; file: CatalogueFile | undefined; grade: number | null },
): DeploymentMade {
  const told = describedBy(file?.deployments ?? [], account, model);
  const listed = book(sellerOf(account), model, at);
  const negotiated = negotiatedPrice(file?.prices ?? [], account, model, at);
  const family = told.family ?? familyOf(model);
  const facts = factsOf(familyOf(model));
  const contextWindow = told.contextWindow ?? listed.contextWindow ?? facts.contextWindow;
  const deployment: Deployment = {
    id: `${placeOf(account)}:${model}`,
    provider: account.provider,
    api: account.api,
    region: account.region,
    account: account.name,
    model,
    family,
    grade,
    abilities: told.abilities ?? facts.abilities,
    contextWindow,
    maxOutputTokens: told.maxOutputTokens ?? Math.min(facts.maxOutputTokens, contextWindow),
    price: negotiated ?? listed.price,
    pools: [poolOf(account)],
    domains: domainsOf(account),
  };
  return { deployment, source: negotiated === null ? listed.source : 'file' };
}

/** What the file says; of several entries the later one holds. */
function describedBy(
  entries: readonly CatalogueDeployment[],
  account: Account,
  model: string,
): Partial<CatalogueDeployment> {
  const about = entries.filter(
    (each) => each.provider === account.provider && each.model === model && isAmong(account, each.accounts),
  );
  return Object.assign({}, ...about.map(givenOf)) as Partial<CatalogueDeployment>;
}

function givenOf(entry: CatalogueDeployment): Partial<CatalogueDeployment> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}

/** What was agreed with the provider wins over every list. */
function negotiatedPrice(
  prices: readonly CataloguePrice[],
  account: Account,
  model: string,
  at: number,
): PriceVersion | null {
  const agreed = prices
    .filter(
      (each) =>
        each.provider === account.provider &&
        each.model === model &&
        (each.from ?? 0) <= at &&
        isAmong(account, each.accounts),
    )
    // Of equally old ones, the one that is about fewer accounts.
    .sort(
      (one, other) =>
        (one.from ?? 0) - (other.from ?? 0) ||
        Number(one.accounts !== undefined) - Number(other.accounts !== undefined),
    )
    .at(-1);
  if (agreed === undefined) return null;
  const { beyond } = agreed;
  const rates = {
    input: agreed.input,
    output: agreed.output,
    cacheRead: agreed.cacheRead ?? null,
    cacheWrite: agreed.cacheWrite ?? null,
    request: agreed.request ?? 0,
    ...(beyond === undefined
      ? {}
      : {
          beyond: {
            ...beyond,
            cacheRead: beyond.cacheRead ?? null,
            cacheWrite: beyond.cacheWrite ?? null,
          },
        }),
  };
  return priceVersion({ seller: `${placeOf(account)}, as agreed`, model }, rates, agreed.from ?? 0);
}

/** By its name, or by region and name: `eu/team-b`. */
export function isAmong({ name, region }: Account, names: readonly string[] | undefined): boolean {
  return (
    names === undefined || names.includes(name) || (region !== null && names.includes(`${region}/${name}`))
  );
}

/** Whose price list holds at an account. */
export function sellerOf({ seller, baseUrl, provider }: Account): string {
  return seller ?? (baseUrl === undefined ? null : sellerAt(baseUrl)) ?? provider;
}
