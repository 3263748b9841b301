import { createPcg } from './pcg.js';
import { oneRightProvider, priceOf, usualProviders } from './providers.js';
import type { Condition, Episode, WorldPlan } from './world.js';

export interface Scenario {
  readonly name: string;
  readonly description: string;
  /** `minutes`: how long the trace runs. */
  readonly plan: (seed: number, minutes: number) => WorldPlan;
  /** What goes bad and when, as shares of the trace: for the time until it is noticed. */
  readonly trouble?: {
    readonly deployments: readonly string[];
    readonly from: number;
    readonly minutes: number;
  };
  /** How many times the trace's rate requests come at each share of it. */
  readonly rate?: (share: number) => number;
  readonly workers?: number;
  /** In which the parts of the router are taken out, one at a time. */
  readonly ablated?: true;
}

const minuteMs = 60_000;
/** The cheapest by its price list, and the provider that most calls go to in good times. */
const cheapest = ['delta/open'];
const favourite = ['alpha/one', 'alpha/two'];
const quickest = ['epsilon/turbo'];
const begin = 0.2;
const minutes = 10;

const quiet = (episodes: readonly Episode[] = []): WorldPlan => ({
  deployments: usualProviders(),
  episodes,
  priceChanges: [],
});

/** Ten minutes, or sixty percent of a shorter trace. */
function episode(deployments: readonly string[], condition: Condition, length: number): Episode {
  const from = begin * length * minuteMs;
  return { deployments, from, until: from + Math.min(minutes, 0.6 * length) * minuteMs, condition };
}

const duringTrouble = (deployments: readonly string[], condition: Condition) => (_: number, length: number) =>
  quiet([episode(deployments, condition, length)]);

export const scenarios: readonly Scenario[] = [
  { name: 'steady', description: 'all is well', plan: () => quiet(), ablated: true },
  {
    name: 'static-is-right',
    description: 'one is cheaper, quicker and surer than all others',
    plan: () => ({ ...quiet(), deployments: oneRightProvider() }),
  },
  {
    name: 'outage-cheapest',
    description: 'the cheapest refuses everything for ten minutes',
    plan: duringTrouble(cheapest, { errorRate: 1 }),
    trouble: { deployments: cheapest, from: begin, minutes },
  },
  {
    name: 'outage-favourite',
    description: 'all keys of the provider that most calls go to fail together for ten minutes',
    plan: duringTrouble(favourite, { errorRate: 1 }),
    trouble: { deployments: favourite, from: begin, minutes },
    ablated: true,
  },
  {
    name: 'outage-quickest',
    description: 'the quickest, which a fixed order puts first, refuses everything for ten minutes',
    plan: duringTrouble(quickest, { errorRate: 1 }),
    trouble: { deployments: quickest, from: begin, minutes },
  },
  {
    name: 'brown-out',
    description: 'the favourite takes eight times as long to its first token, without errors',
    plan: duringTrouble(favourite, { slowdown: 8 }),
    trouble: { deployments: favourite, from: begin, minutes },
    ablated: true,
  },
  {
    name: 'slow-fail',
    description: 'the favourite does not answer until the caller gives up',
    plan: duringTrouble(favourite, { hangRate: 1 }),
    trouble: { deployments: favourite, from: begin, minutes },
    ablated: true,
  },
  {
    name: 'flapping',
    description: 'the favourite is up and down for thirty seconds each',
    plan: (_, length) => {
      const { from, until } = episode(favourite, {}, length);
      const spells = Math.floor((until - from) / minuteMs);
      return quiet(
        Array.from({ length: spells }, (_unused, i) => ({
          deployments: favourite,
          from: from + i * minuteMs,
          until: from + (i + 0.5) * minuteMs,
          condition: { errorRate: 1 },
        })),
      );
    },
  },
  {
    name: 'limits',
    description: 'half of the favourite’s calls are refused for a limit, with no word on when to return',
    plan: duringTrouble(favourite, { limitRate: 0.5 }),
  },
  {
    name: 'limits-with-time',
    description: 'all of the favourite’s calls are refused, with Retry-After: 20',
    plan: duringTrouble(favourite, { limitRate: 1, retryAfterMs: 20_000 }),
    trouble: { deployments: favourite, from: begin, minutes },
  },
  {
    name: 'shared-quota',
    description: 'both keys of the favourite draw on one quota of 120 requests a minute',
    plan: () => ({
      ...quiet(),
      deployments: usualProviders({
        id: 'alpha-quota',
        requestsPerMinute: 120,
        inputTokensPerMinute: null,
        outputTokensPerMinute: null,
        concurrency: null,
      }),
    }),
    ablated: true,
  },
  {
    name: 'truncation',
    description: 'the favourite breaks off three in ten answers, and bills them',
    plan: duringTrouble(favourite, { cutRate: 0.3 }),
  },
  {
    name: 'random-failures',
    description: 'every provider fails now and then (mean time between failures 10 min, to repair 1.5 min)',
    plan: (seed, length) => quiet(markov(seed, length)),
  },
  {
    name: 'price-change',
    description: 'the favourite becomes four times as dear half-way',
    plan: (_, length) => ({
      ...quiet(),
      priceChanges: favourite.map((deployment) => ({
        deployment,
        at: 0.5 * length * minuteMs,
        price: priceOf(1, 4, 0.1, 0.5 * length * minuteMs),
      })),
    }),
  },
  {
    name: 'dead-key',
    description: 'one key of the favourite is revoked',
    plan: (_, length) => quiet([{ ...episode(['alpha/one'], { deadKey: true }, length), until: Infinity }]),
  },
  {
    name: 'burst',
    description: 'a day’s rise and fall, from a quarter to three times the rate',
    plan: () => quiet(),
    rate: (share) => 1.625 - 1.375 * Math.cos(2 * Math.PI * share),
    ablated: true,
  },
  {
    name: 'eight-workers',
    description: 'the favourite’s outage seen by eight workers that exchange what they see every two seconds',
    plan: duringTrouble(favourite, { errorRate: 1 }),
    trouble: { deployments: favourite, from: begin, minutes },
    workers: 8,
  },
];

function markov(seed: number, length: number): readonly Episode[] {
  const random = createPcg(seed + 77);
  const providers = Map.groupBy(
    usualProviders().map((one) => one.deployment),
    (deployment) => deployment.domains[0] ?? '',
  );
  const episodes: Episode[] = [];
  for (const deployments of providers.values()) {
    const ids = deployments.map(({ id }) => id);
    for (let at = 0; ;) {
      at += -Math.log(1 - random.next()) * 10 * minuteMs;
      if (at > length * minuteMs) break;
      const until = at - Math.log(1 - random.next()) * 1.5 * minuteMs;
      episodes.push({ deployments: ids, from: at, until, condition: { errorRate: 1 } });
      at = until;
    }
  }
  return episodes;
}
