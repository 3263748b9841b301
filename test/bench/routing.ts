import { createHash } from 'node:crypto';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { routingConstants } from '../../libs/routing/src/decision/routing-constants.js';
import type { BenchOptions } from './run/options.js';
import {
  causalOracle,
  cheapestHealthy,
  clairvoyantOracle,
  inverseSquarePrice,
  lowestLatency,
  randomOrder,
  roundRobin,
  shuffleWithCooldown,
  singleBest,
  staticFallback,
} from './routing/baselines.js';
import { type Estimate, estimate, figuresOf, type RunFigures } from './routing/figures.js';
import { bestFixedOrder } from './routing/fixed-order.js';
import { requestsOf } from './routing/requests.js';
import { type RouterSettings, routerStrategy } from './routing/router-strategy.js';
import { type Scenario, scenarios } from './routing/scenarios.js';
import { simulate } from './routing/simulate.js';
import type { Strategy } from './routing/strategy.js';
import { madeUpTrace, readTraces, type Trace } from './routing/traces.js';
import { createWorld } from './routing/world.js';

export const description =
  'the router against other ways to choose, on recorded traffic with simulated providers, in virtual time';

type MakeStrategy = (context: {
  readonly world: ReturnType<typeof createWorld>;
  readonly fixedOrder: readonly string[];
  readonly seed: number;
  readonly scenario: Scenario;
}) => Strategy;

const router =
  (settings: RouterSettings): MakeStrategy =>
  ({ world, seed, scenario }) =>
    routerStrategy(world, seed, { workers: scenario.workers ?? 1, ...settings });

const ids = (world: ReturnType<typeof createWorld>): readonly string[] => world.offers(0).map(({ id }) => id);

/** Oracles first: the others are held against them. */
const strategies: Readonly<Record<string, MakeStrategy>> = {
  'clairvoyant oracle': ({ world }) => clairvoyantOracle(world),
  'causal oracle': ({ world }) => causalOracle(world),
  nexus: router({}),
  'static fallback': ({ fixedOrder }) => staticFallback(fixedOrder),
  'single best': ({ fixedOrder }) => singleBest(fixedOrder),
  'cheapest healthy': ({ world }) => cheapestHealthy(world),
  'inverse square price': ({ world, seed }) => inverseSquarePrice(world, seed),
  'lowest latency': ({ world, seed }) => lowestLatency(ids(world), seed),
  'shuffle with cooldown': ({ world, seed }) => shuffleWithCooldown(ids(world), seed),
  'round robin': ({ world }) => roundRobin(ids(world)),
  random: ({ world, seed }) => randomOrder(ids(world), seed),
};

const ablations: Readonly<Record<string, MakeStrategy>> = {
  'nexus − stickiness': router({ constants: { sticks: false, switchMargin: 0 } }),
  'nexus − headroom': router({ constants: { headroomPrice: 0 } }),
  'nexus − exploration': router({ constants: { exploredCalls: 0, exploredCost: 0 } }),
  'nexus − breaker': router({ breakers: false }),
};

/** Odd ones: the even ones are for whoever tunes. */
const seedOf = (nth: number): number => 2 * nth + 1;

export async function run(options: BenchOptions): Promise<object> {
  const seeds = options.rounds ?? (options.quick ? 3 : 30);
  const wanted = scenarios.filter(
    ({ name }) => options.loads === undefined || options.loads.some((load) => name.startsWith(load)),
  );
  const found = readTraces(options.traces);
  const traces = found.length > 0 ? found : [madeUpTrace(1)];
  if (found.length === 0) say(`no traces in ${options.traces}: requests are made up as well`);
  const results: object[] = [];
  for (const trace of traces)
    for (const scenario of wanted) {
      const summary = await playScenario(trace, scenario, seeds, options);
      say(`${trace.name} ${scenario.name}: done`);
      results.push({ trace: trace.name, scenario: scenario.name, strategies: summary });
    }
  return {
    benchmark: 'routing',
    simulated:
      'providers, latencies, failures, prices and values of time; recorded: arrivals and token counts',
    traces: traces.map(({ name, requests }) => ({ name, requests: requests.length })),
    seeds,
    constants: createHash('sha256').update(JSON.stringify(routingConstants)).digest('hex').slice(0, 12),
    results,
  };
}

async function playScenario(trace: Trace, scenario: Scenario, seeds: number, options: BenchOptions) {
  const all: Record<string, MakeStrategy> = { ...strategies, ...(scenario.ablated ? ablations : {}) };
  const names = Object.keys(all).filter(
    (name) => options.only === undefined || /oracle|^static/.test(name) || options.only.includes(name),
  );
  const figures: Record<string, RunFigures[]> = Object.fromEntries(names.map((name) => [name, []]));
  const fixedOrder = bestFixedOrder(trace, scenario);
  for (let nth = 0; nth < seeds; nth++) {
    const seed = seedOf(nth);
    const requests = requestsOf(trace, seed, scenario.rate ?? (() => 1));
    const minutes = (requests.at(-1)?.at ?? 0) / 60_000;
    for (const name of names) {
      const world = createWorld(scenario.plan(seed, minutes), seed);
      const strategy = all[name]?.({ world, fixedOrder, seed, scenario });
      if (strategy !== undefined)
        figures[name]?.push(figuresOf(simulate(world, requests, strategy), troubleOf(scenario, minutes)));
    }
    // Signals are heard between seeds.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const summary = Object.fromEntries(names.map((name) => [name, summarise(figures, name)]));
  print(trace, scenario, seeds, summary);
  return summary;
}

function troubleOf({ trouble }: Scenario, minutes: number) {
  if (trouble === undefined) return null;
  const from = trouble.from * minutes * 60_000;
  return {
    deployments: trouble.deployments,
    from,
    until: from + Math.min(trouble.minutes, 0.6 * minutes) * 60_000,
  };
}

type Summary = ReturnType<typeof summarise>;

function summarise(figures: Readonly<Record<string, readonly RunFigures[]>>, name: string) {
  const runs = figures[name] ?? [];
  const of = (read: (run: RunFigures) => number | null) =>
    estimate(runs.map(read).filter((value) => value !== null));
  // Paired by seed: the same requests with the same luck.
  const over = (other: string, read: (run: RunFigures) => number) =>
    estimate(
      runs.map((run, i) => {
        const base = figures[other]?.[i];
        return base === undefined ? 0 : 100 * (read(run) / read(base) - 1);
      }),
    );
  return {
    success: of((run) => run.success),
    usdPerThousand: of((run) => run.usd),
    valuedPerThousand: of((run) => run.valued),
    regretCausal: over('causal oracle', (run) => run.valued),
    regretClairvoyant: over('clairvoyant oracle', (run) => run.valued),
    overStatic: over('static fallback', (run) => run.valued),
    usdOverCausal: over('causal oracle', (run) => run.usd),
    firstTokenMs: quantilesOf(runs, (run) => run.firstTokenMs),
    totalMs: quantilesOf(runs, (run) => run.totalMs),
    callsPerRequest: of((run) => run.calls),
    wastedShare: of((run) => run.wastedShare),
    cachedShare: of((run) => run.cachedShare),
    detectSeconds: of((run) => run.detectSeconds),
    recoverSeconds: of((run) => run.recoverSeconds),
  };
}

function quantilesOf(runs: readonly RunFigures[], read: (run: RunFigures) => RunFigures['totalMs']) {
  const mean = (of: (run: RunFigures) => number): number =>
    Math.round(runs.reduce((sum, run) => sum + of(run), 0) / Math.max(1, runs.length));
  return {
    p50: mean((run) => read(run).p50),
    p95: mean((run) => read(run).p95),
    p99: mean((run) => read(run).p99),
  };
}

function print(
  trace: Trace,
  scenario: Scenario,
  seeds: number,
  summary: Readonly<Record<string, Summary>>,
): void {
  const range = (value: Estimate | null): string =>
    value === null ? '–' : `${round(value.mean)} [${round(value.low)}, ${round(value.high)}]`;
  const percent = (value: Estimate | null): string =>
    value === null ? '–' : `${(value.mean * 100).toFixed(3)} [${(value.low * 100).toFixed(3)}]`;
  const rows = Object.entries(summary).map(([name, one]) => [
    name,
    percent(one.success),
    range(one.usdPerThousand),
    range(one.regretCausal),
    range(one.overStatic),
    `${one.firstTokenMs.p50} / ${one.firstTokenMs.p95}`,
    `${one.totalMs.p50} / ${one.totalMs.p95} / ${one.totalMs.p99}`,
    one.callsPerRequest?.mean ?? null,
    one.cachedShare?.mean ?? null,
    one.detectSeconds?.mean ?? null,
    one.recoverSeconds?.mean ?? null,
  ]);
  const head = [
    '',
    'success % [low]',
    '$ / 1,000',
    'regret % of causal',
    '% over static',
    'first ms p50/p95',
    'ms p50/p95/p99',
    'calls',
    'cached',
    'detect s',
    'recover s',
  ];
  process.stdout.write(
    `\n${scenario.name} on ${trace.name}, ${seeds} seeds: ${scenario.description}\n${table(head, rows)}\n`,
  );
}
