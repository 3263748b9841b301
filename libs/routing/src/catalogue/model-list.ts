import { formatUsd } from '#contracts';
import type { NanoUsd } from '#contracts';
import type { Catalogue } from './catalogue.js';
import type { Deployment } from './deployment.js';
import type { PriceSource } from './price-book.js';
import { gradeOf, modelTiers, tierId } from './tiers.js';

/** A model as people may choose it: a logical one, or a deployment. */
export interface ListedModel {
  readonly id: string;
  readonly kind: 'LOGICAL' | 'DEPLOYMENT';
  readonly provider: string;
  readonly region: string | null;
  readonly account: string | null;
  readonly family: string | null;
  readonly grade: number | null;
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  readonly abilities: readonly string[];
  /** US dollars per million tokens; null when nobody knows. */
  readonly inputPrice: string | null;
  readonly outputPrice: string | null;
  readonly cacheReadPrice: string | null;
  readonly cacheWritePrice: string | null;
  readonly priceVersion: string | null;
  readonly priceSource: PriceSource | null;
  /** Milliseconds since the epoch. */
  readonly priceSince: number | null;
  /** What a logical model may be served by. */
  readonly deployments: readonly string[];
}

/** The logical models, each with the facts of what serves it first, and the deployments. */
export function listModels(catalogue: Catalogue, at: number = Date.now()): readonly ListedModel[] {
  const deployments = catalogue.deployments(at);
  const logical = modelTiers.flatMap((tier) => {
    const grade = gradeOf(tier);
    const served = deployments.filter((each) => each.grade !== null && each.grade >= grade);
    if (served.length === 0) return [];
    const offers = catalogue.offers(tierId(tier), at);
    const [first] = offers as readonly [Deployment];
    return [
      {
        ...listed(first, catalogue),
        id: tierId(tier),
        kind: 'LOGICAL' as const,
        region: null,
        account: null,
        family: null,
        grade,
        deployments: offers.map(({ id }) => id),
      },
    ];
  });
  return [...logical, ...deployments.map((each) => listed(each, catalogue))];
}

function listed(by: Deployment, catalogue: Catalogue): ListedModel {
  const { price } = by;
  return {
    id: by.id,
    kind: 'DEPLOYMENT',
    provider: by.provider,
    region: by.region,
    account: by.account,
    family: by.family,
    grade: by.grade,
    contextWindow: by.contextWindow,
    maxOutputTokens: by.maxOutputTokens,
    abilities: ['text', ...by.abilities],
    inputPrice: dollars(price?.input),
    outputPrice: dollars(price?.output),
    cacheReadPrice: dollars(price?.cacheRead),
    cacheWritePrice: dollars(price?.cacheWrite),
    priceVersion: price?.id ?? null,
    priceSource: catalogue.priceSource(by),
    priceSince: price?.effectiveFrom ?? null,
    deployments: [by.id],
  };
}

function dollars(nanos: NanoUsd | null | undefined): string | null {
  return nanos == null ? null : formatUsd(nanos);
}
