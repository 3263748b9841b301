import type { Deployment, PriceVersion, QuotaPool } from '../../../libs/routing/src/catalogue/deployment.js';
import type { Truth, WorldPlan } from './world.js';

type Simulated = WorldPlan['deployments'][number];

const minuteMs = 60_000;

/** Dollars per million tokens. */
export function priceOf(input: number, output: number, cacheRead: number | null, from = 1): PriceVersion {
  const nanos = (usd: number): number => Math.round(usd * 1e9);
  return {
    id: `${input}/${output}@${from}`,
    effectiveFrom: from,
    input: nanos(input),
    output: nanos(output),
    cacheRead: cacheRead === null ? null : nanos(cacheRead),
    cacheWrite: null,
    request: 0,
  };
}

function simulated(
  name: string,
  price: PriceVersion,
  truth: Pick<Truth, 'firstSeconds' | 'tokensPerSecond' | 'errorRate'> & Partial<Truth>,
  pools: readonly QuotaPool[] = [],
): Simulated {
  const [provider = name] = name.split('/');
  const deployment: Deployment = {
    id: name,
    provider: 'openai',
    region: null,
    account: 'default',
    model: name,
    family: provider,
    grade: 2,
    abilities: ['tools', 'streaming', 'structured-output'],
    contextWindow: 400_000,
    maxOutputTokens: 16_384,
    price,
    pools,
    domains: [provider, name],
  };
  const usual = { growthPerKiloToken: 0.03, firstSpread: 0.4, paceSpread: 0.25, secondsToError: 0.6 };
  return { deployment, truth: { ...usual, capacity: 60, cacheMs: 5 * minuteMs, ...truth } };
}

/** Made up, in the range of what small models cost and how quick they are; names of no real provider. */
export function usualProviders(quota: QuotaPool | null = null): readonly Simulated[] {
  const shared = quota === null ? [] : [quota];
  return [
    simulated(
      'alpha/one',
      priceOf(0.25, 1, 0.025),
      { firstSeconds: 0.6, tokensPerSecond: 90, errorRate: 0.004 },
      shared,
    ),
    simulated(
      'alpha/two',
      priceOf(0.25, 1, 0.025),
      { firstSeconds: 0.65, tokensPerSecond: 85, errorRate: 0.004 },
      shared,
    ),
    simulated('beta/small', priceOf(0.4, 1.6, 0.1), {
      firstSeconds: 0.5,
      tokensPerSecond: 120,
      errorRate: 0.003,
    }),
    simulated('gamma/flash', priceOf(0.3, 2.5, 0.075), {
      firstSeconds: 0.35,
      tokensPerSecond: 180,
      errorRate: 0.006,
    }),
    simulated('delta/open', priceOf(0.2, 0.8, null), {
      firstSeconds: 1.1,
      tokensPerSecond: 50,
      errorRate: 0.012,
      capacity: 30,
      cacheMs: 0,
    }),
    simulated('epsilon/turbo', priceOf(0.6, 2.4, null), {
      firstSeconds: 0.25,
      tokensPerSecond: 400,
      errorRate: 0.008,
      cacheMs: 0,
    }),
    simulated('zeta/resale', priceOf(0.27, 1.1, null), {
      firstSeconds: 0.9,
      tokensPerSecond: 80,
      errorRate: 0.005,
      cacheMs: 0,
    }),
  ];
}

/** One that is cheaper, quicker and surer than all others: a fixed order cannot be beaten. */
export function oneRightProvider(): readonly Simulated[] {
  return usualProviders().map((one) =>
    one.deployment.id === 'alpha/one'
      ? simulated('alpha/one', priceOf(0.1, 0.4, 0.01), {
          firstSeconds: 0.25,
          tokensPerSecond: 400,
          errorRate: 0.002,
          capacity: 200,
        })
      : one,
  );
}
