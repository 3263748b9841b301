import type { Tried } from '../../../libs/routing/src/decision/next-hop.js';
import { createPcg } from './pcg.js';
import type { SimulatedRequest } from './requests.js';
import type { CallPlan, Strategy } from './strategy.js';
import type { CallResult, World } from './world.js';

/** Ways that others route. Written for this comparison after what is published of them; none is their code. */

const inOrder = (order: readonly string[]): CallPlan => ({
  next: (tried) => order.find((id) => !tried.some((one) => one.deployment === id)) ?? null,
  retryAt: null,
});

/** Tries the same one again and again. */
export function singleBest(order: readonly string[]): Strategy {
  const plan: CallPlan = { next: () => order[0] ?? null, retryAt: null };
  return { plan: () => plan, enter: () => () => undefined };
}

export function staticFallback(order: readonly string[]): Strategy {
  return { plan: () => inOrder(order), enter: () => () => undefined };
}

export function randomOrder(ids: readonly string[], seed: number): Strategy {
  const random = createPcg(seed + 11);
  return { plan: () => inOrder(shuffled(ids, random.next)), enter: () => () => undefined };
}

export function roundRobin(ids: readonly string[]): Strategy {
  let turn = 0;
  return {
    plan() {
      const from = turn++ % ids.length;
      return inOrder([...ids.slice(from), ...ids.slice(0, from)]);
    },
    enter: () => () => undefined,
  };
}

/** The cheapest of those that have not failed in the last thirty seconds, then the others. */
export function cheapestHealthy(world: World): Strategy {
  const failedAt = new Map<string, number>();
  return {
    plan(request, now) {
      const priced = pricesOf(world, request, now);
      const ill = (id: string): number => (now - (failedAt.get(id) ?? -Infinity) < 30_000 ? 1 : 0);
      return inOrder(byKey(priced, ({ id, usd }) => ill(id) * 1e6 + usd));
    },
    enter: (id) => (result, now) => {
      if (result.kind !== 'ok') failedAt.set(id, now);
    },
  };
}

/** Among those that have not failed in the last thirty seconds, at random by the inverse square of the price. */
export function inverseSquarePrice(world: World, seed: number): Strategy {
  const random = createPcg(seed + 12);
  const failedAt = new Map<string, number>();
  return {
    plan(request, now) {
      const ill = (id: string): number => (now - (failedAt.get(id) ?? -Infinity) < 30_000 ? 1e6 : 0);
      // Exponential clocks: sorting them draws without replacement by weight.
      const drawn = pricesOf(world, request, now).map(({ id, usd }) => ({
        id,
        key: ill(id) - Math.log(1 - random.next()) * usd * usd,
      }));
      return inOrder(byKey(drawn, ({ key }) => key));
    },
    enter: (id) => (result, now) => {
      if (result.kind !== 'ok') failedAt.set(id, now);
    },
  };
}

/** The lowest mean seconds per output token over the last ten answers; unknown ones first; a time-out counts as 1,000 s. */
export function lowestLatency(ids: readonly string[], seed: number): Strategy {
  const random = createPcg(seed + 13);
  const samples = new Map<string, number[]>();
  const mean = (id: string): number => {
    const list = samples.get(id) ?? [];
    return list.length === 0 ? 0 : list.reduce((sum, value) => sum + value, 0) / list.length;
  };
  return {
    plan: () =>
      inOrder(
        byKey(
          shuffled(ids, random.next).map((id) => ({ id, key: mean(id) })),
          ({ key }) => key,
        ),
      ),
    enter: (id) => (result) => {
      const sample =
        result.kind === 'ok'
          ? result.totalMs / 1000 / Math.max(1, result.output)
          : result.kind === 'hung'
            ? 1_000
            : null;
      if (sample !== null) samples.set(id, [...(samples.get(id) ?? []), sample].slice(-10));
    },
  };
}

/** At random among those not cooling down: after three failures within a minute, or a limit, for a while. */
export function shuffleWithCooldown(ids: readonly string[], seed: number): Strategy {
  const random = createPcg(seed + 14);
  const failures = new Map<string, readonly number[]>();
  const coolUntil = new Map<string, number>();
  const cool = (id: string, result: CallResult, now: number): void => {
    const recent = [...(failures.get(id) ?? []).filter((at) => now - at < 60_000), now];
    failures.set(id, recent);
    if (result.kind === 'limited' || result.kind === 'denied' || recent.length >= 3)
      coolUntil.set(id, now + (result.retryAfterMs ?? 60_000));
  };
  return {
    plan(_, now) {
      const warm = ids.filter((id) => (coolUntil.get(id) ?? 0) <= now);
      if (warm.length > 0) return inOrder(shuffled(warm, random.next));
      return { next: () => null, retryAt: Math.min(...coolUntil.values()) };
    },
    enter: (id) => (result, now) => {
      if (result.kind !== 'ok') cool(id, result, now);
    },
  };
}

/** Knows how things are at this moment, though not what is drawn: the least that can be expected. What is down comes last. */
export function causalOracle(world: World): Strategy {
  return {
    plan: (request, now) => inOrder(expectedOrder(world, request, now)),
    enter: () => () => undefined,
  };
}

/** Knows what every deployment would do with this very call, and what it would cost; of the turns to come only what is likely. */
export function clairvoyantOracle(world: World): Strategy {
  return {
    plan(request, now, leftMs) {
      const next = (tried: readonly Tried[]): string | null => {
        const later = new Map(turnsToCome(world, request, now).map(({ id, usd }) => [id, usd]));
        const left = expectedOrder(world, request, now).filter(
          (id) => !tried.some((one) => one.deployment === id),
        );
        const foreseen = left.map((id) => {
          const { kind, usd, totalMs } = world.foresee(id, request, 0, now, leftMs);
          const own = usd + (request.timeValue * totalMs) / 1000;
          return { id, key: kind === 'ok' ? own + (later.get(id) ?? 0) : Infinity };
        });
        return byKey(foreseen, ({ key }) => key)[0] ?? null;
      };
      return { next, retryAt: null };
    },
    enter: () => () => undefined,
  };
}

function expectedOrder(world: World, request: SimulatedRequest, now: number): readonly string[] {
  const all = world.offers(now).map(({ id }) => ({ id, ...world.truthOf(id, request, now) }));
  const later = new Map(turnsToCome(world, request, now).map(({ id, usd }) => [id, usd]));
  const worth = (one: (typeof all)[number]): number => one.usd + request.timeValue * one.seconds;
  return byKey(all, (one) => {
    const others = all.filter((other) => other.provider !== one.provider && other.failure < 0.5).map(worth);
    const rescue = others.length > 0 ? Math.min(...others) : 10 * worth(one);
    const failing = request.timeValue * one.secondsToFailure + rescue;
    return (
      (later.get(one.id) ?? 0) +
      Number(one.failure > 0.5) +
      (1 - one.failure) * worth(one) +
      one.failure * failing
    );
  });
}

/** What the turns to come will take if this one goes there: its cache then has the conversation, or another is cheaper. */
function turnsToCome(world: World, request: SimulatedRequest, now: number) {
  const all = world.offers(now).map(({ id }) => ({ id, ...world.truthOf(id, request, now) }));
  const least = Math.min(...all.map(({ usd, seconds }) => usd + request.timeValue * seconds));
  return all.map(({ id, again }) => ({
    id,
    usd: request.turnsAhead * Math.min(least, again.usd + request.timeValue * again.seconds),
  }));
}

function pricesOf(world: World, request: SimulatedRequest, now: number) {
  return world.offers(now).map(({ id, price }) => ({
    id,
    usd: request.input * (price?.input ?? 0) * 1e-15 + request.expected.p50 * (price?.output ?? 0) * 1e-15,
  }));
}

function byKey<T extends { readonly id: string }>(
  all: readonly T[],
  key: (one: T) => number,
): readonly string[] {
  return all
    .map((one) => ({ id: one.id, key: key(one) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ id }) => id);
}

function shuffled(ids: readonly string[], random: () => number): readonly string[] {
  const list = [...ids];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j] ?? '', list[i] ?? ''];
  }
  return list;
}
