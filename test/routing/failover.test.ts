import { afterEach, describe, expect, it } from '@jest/globals';
import { failureFrom } from './nexus-fixture.js';
import { catalogueOf, deploymentOf, notingBoard, notingLedger, routedWith } from './routed-fixture.js';
import type { Answer, Wire, WireServer } from './wires.js';
import { refuses, startWireServer, streams, wires } from './wires.js';

const wire = wires[0] as Wire;
const servers: WireServer[] = [];
afterEach(() => {
  for (const { stop } of servers.splice(0)) stop();
});
async function serve(...answers: Answer[]): Promise<WireServer> {
  const server = await startWireServer(...answers);
  servers.push(server);
  return server;
}

const hello: Answer = streams([wire.begin('Hi'), wire.end()]);
const busy = refuses(wire, { status: 503, message: 'busy' });
const limited = (headers: Record<string, string>) =>
  refuses(wire, { status: 429, message: 'slow down' }, headers);

describe('where a call goes next', () => {
  const eu = { region: 'eu', account: 'a', domains: ['p', 'p@eu', 'p@eu/a'] };

  it('is another region after an overload, another account after a bad key', async () => {
    const places = async (answer: Answer) => {
      const [one, sameRegion, otherRegion] = [await serve(answer), await serve(hello), await serve(hello)];
      const catalogue = catalogueOf(wire, [
        [deploymentOf(wire, 'one', eu), one.url],
        [deploymentOf(wire, 'same-region', { ...eu, domains: ['p', 'p@eu', 'p@eu/b'] }), sameRegion.url],
        [
          deploymentOf(wire, 'other-region', { ...eu, region: 'us', domains: ['p', 'p@us', 'p@us/a'] }),
          otherRegion.url,
        ],
      ]);
      const { ask, routed } = routedWith(catalogue);
      await ask();
      return routed[0]?.deployment;
    };
    expect(await places(busy)).toBe('other-region');
    expect(await places(refuses(wire, { status: 401, message: 'no such key' }))).toBe('same-region');
  });

  it('is a larger window after an overflow, once', async () => {
    const overflow = refuses(wire, { status: 400, message: wire.overflow });
    const [small, larger, largest] = [await serve(overflow), await serve(overflow), await serve(hello)];
    const catalogue = (second: WireServer) =>
      catalogueOf(wire, [
        [deploymentOf(wire, 'small', { contextWindow: 8_000 }), small.url],
        [deploymentOf(wire, 'equal', { contextWindow: 8_000 }), largest.url],
        [deploymentOf(wire, 'larger', { contextWindow: 100_000 }), second.url],
        [deploymentOf(wire, 'largest', { contextWindow: 1_000_000 }), largest.url],
      ]);
    const once = routedWith(catalogue(largest));
    await once.ask();
    expect(once.routed[0]?.deployment).toBe('larger');
    const twice = routedWith(catalogue(larger));
    expect(await failureFrom(twice.ask())).toMatchObject({ code: 'CONTEXT_OVERFLOW', retryable: false });
    expect(twice.outcomes()).toEqual(['context-overflow', 'context-overflow']);
  });

  it('is nowhere after three hops', async () => {
    const server = await serve(busy);
    const places = ['a', 'b', 'c', 'd', 'e'].map((id) => [deploymentOf(wire, id), server.url] as const);
    const { ask } = routedWith(catalogueOf(wire, places));
    await failureFrom(ask());
    expect(server.asked()).toBe(3);
  });

  it('is nowhere when the time for all hops is over', async () => {
    const server = await serve(streams([], 'hang'));
    const places = ['a', 'b'].map((id) => [deploymentOf(wire, id), server.url] as const);
    const timeouts = { callMs: 120, firstPartMs: 80, stallMs: 80 };
    const { ask, outcomes } = routedWith(catalogueOf(wire, places), { timeouts });
    expect(await failureFrom(ask())).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(outcomes()).toEqual(['silent', 'too-long']);
  });

  it('leaves what only a person can mend to the end for a while', async () => {
    const [bad, good] = [
      await serve(refuses(wire, { status: 401, message: 'no such key' })),
      await serve(hello),
    ];
    const catalogue = catalogueOf(wire, [
      [deploymentOf(wire, 'bad'), bad.url],
      [deploymentOf(wire, 'good'), good.url],
    ]);
    const { ask } = routedWith(catalogue);
    await ask();
    await ask();
    expect([bad.asked(), good.asked()]).toEqual([1, 2]);
  });

  it('shows what each hop cost, and bills the one that broke off for what had come', async () => {
    const [bad, good] = [
      await serve(streams([wire.begin('x'.repeat(400))])),
      await serve(streams([wire.begin('Hi'), wire.end()])),
    ];
    const catalogue = catalogueOf(wire, [
      [deploymentOf(wire, 'bad'), bad.url],
      [deploymentOf(wire, 'good'), good.url],
    ]);
    const { ledger, told } = notingLedger();
    const { ask, routed, calls } = routedWith(catalogue, { ledger });
    const reply = await ask();
    const [first, second] = routed[0]?.trace.hops ?? [];
    expect(first).toMatchObject({ outcome: 'broke-off', outputTokens: 100, estimated: true });
    expect(second).toMatchObject({ outcome: 'answered', outputTokens: 34, estimated: false });
    const total = (first?.costNanos ?? 0) + (second?.costNanos ?? 0);
    expect(first?.costNanos).toBeGreaterThanOrEqual(100 * 2_000);
    expect(reply.providerMetadata?.['nexus']).toMatchObject({ costNanos: total, deployment: 'good' });
    expect(calls.reduce((sum, { costNanos }) => sum + costNanos, 0)).toBe(total);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(told.filter((each) => each.startsWith('settle'))).toHaveLength(2);
  });
});

describe('a call that nobody can answer now', () => {
  it('waits here for a limit that opens again at once', async () => {
    const server = await serve(limited({ 'retry-after-ms': '120' }), hello);
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'only'), server.url]]);
    const { ask, outcomes } = routedWith(catalogue);
    await ask();
    expect(outcomes()).toEqual(['rate-limited', 'answered']);
  });

  it('fails with what is waited for: the first limit that opens again', async () => {
    const [slow, slower] = [
      await serve(limited({ 'retry-after': '30' })),
      await serve(limited({ 'retry-after': '60' })),
    ];
    const catalogue = catalogueOf(wire, [
      [deploymentOf(wire, 'slower'), slower.url],
      [deploymentOf(wire, 'slow'), slow.url],
    ]);
    const { ask, routed } = routedWith(catalogue);
    const before = Date.now();
    const failure = await failureFrom(ask());
    expect(failure).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
      wait: { kind: 'RATE_LIMIT', until: expect.any(Number) },
    });
    const { until } = failure['wait'] as { until: number };
    expect(until - before).toBeGreaterThan(29_000);
    expect(until - before).toBeLessThan(35_000);
    expect(routed[0]).toMatchObject({ status: 'WAITS', retryAt: until });
    // And nobody is asked again before.
    await failureFrom(ask());
    expect([slow.asked(), slower.asked()]).toEqual([1, 1]);
    expect(routed[1]).toMatchObject({
      status: 'WAITS',
      trace: { hops: [], dropped: [{ reason: 'cooling-down' }, { reason: 'cooling-down' }] },
    });
  });

  it('says so of open breakers', async () => {
    const server = await serve(hello);
    const until = Date.now() + 20_000;
    const { board } = notingBoard(new Map([['model:only', until]]));
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'only'), server.url]]);
    const { ask, routed } = routedWith(catalogue, { breakers: board });
    expect(await failureFrom(ask())).toMatchObject({ wait: { kind: 'DEPENDENCY', until } });
    expect(server.asked()).toBe(0);
    expect(routed[0]?.trace.dropped).toMatchObject([{ deployment: 'only', reason: 'breaker-open' }]);
  });

  it('takes the deployment whose breaker is closed', async () => {
    const [shut, open] = [await serve(hello), await serve(hello)];
    const { board } = notingBoard(new Map([['model:shut', Date.now() + 20_000]]));
    const catalogue = catalogueOf(wire, [
      [deploymentOf(wire, 'shut'), shut.url],
      [deploymentOf(wire, 'open'), open.url],
    ]);
    const { ask, routed } = routedWith(catalogue, { breakers: board });
    await ask();
    expect(routed[0]?.deployment).toBe('open');
    expect(shut.asked()).toBe(0);
  });
});

describe('the budget of a call', () => {
  it('is asked before anything is sent: what does not fit is not sent', async () => {
    const server = await serve(hello);
    const { ledger } = notingLedger(10);
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'dear'), server.url]]);
    const { ask, routed } = routedWith(catalogue, { ledger });
    expect(await failureFrom(ask())).toMatchObject({ code: 'BUDGET_EXCEEDED', wait: { kind: 'BUDGET' } });
    expect(server.asked()).toBe(0);
    expect(routed[0]?.trace.dropped).toMatchObject([{ deployment: 'dear', reason: 'over-budget' }]);
  });

  it('goes to a cheaper deployment that fits', async () => {
    const [dear, cheap] = [await serve(hello), await serve(hello)];
    const price = deploymentOf(wire, 'cheap').price as NonNullable<ReturnType<typeof deploymentOf>['price']>;
    const { ledger } = notingLedger(1_000_000);
    const catalogue = catalogueOf(wire, [
      [deploymentOf(wire, 'dear', { price: { ...price, output: 900_000_000_000 } }), dear.url],
      [deploymentOf(wire, 'cheap', { price: { ...price, output: 100_000_000 } }), cheap.url],
    ]);
    const { ask, routed } = routedWith(catalogue, { ledger });
    await ask();
    expect(routed[0]?.deployment).toBe('cheap');
    expect(dear.asked()).toBe(0);
  });

  it('lets no answer become longer than what is reserved for it', async () => {
    const bodies: string[] = [];
    const server = await serve((response, request) => {
      bodies.push(request.url ?? '');
      hello(response, request);
    });
    const { ledger, told } = notingLedger(20_000_000);
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'only'), server.url]]);
    const seen: (number | undefined)[] = [];
    const watched = {
      ...catalogue,
      adapter: (to: Parameters<typeof catalogue.adapter>[0]) => {
        const adapter = catalogue.adapter(to);
        return {
          ...adapter,
          doStream: (options: Parameters<typeof adapter.doStream>[0]) => {
            seen.push(options.maxOutputTokens);
            return adapter.doStream(options);
          },
        };
      },
    };
    const { ask } = routedWith(watched as typeof catalogue, { ledger });
    await ask();
    const reserved = Number(told[0]?.split(' ').at(-1));
    expect(reserved).toBeLessThanOrEqual(20_000_000);
    expect(seen).toEqual([expect.any(Number)]);
    expect((seen[0] ?? 0) * 2_000).toBeLessThanOrEqual(reserved);
  });

  it('is reserved anew for a call that is sent again under its name', async () => {
    const server = await serve(hello);
    const { ledger, told } = notingLedger();
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'only'), server.url]]);
    const { ask } = routedWith(catalogue, { ledger });
    await ask({}, { key: 'run/task/1' });
    await ask({}, { key: 'run/task/1' });
    expect(told.filter((each) => each.startsWith('reserve')).map((each) => each.split(' ')[1])).toEqual([
      'run/task/1/only',
      'run/task/1/only~2',
    ]);
  });
});

describe('the cache of answers', () => {
  it('gives an equal call of the tenant the same answer, for nothing', async () => {
    const server = await serve(hello);
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'only'), server.url]]);
    const { ask, calls } = routedWith(catalogue);
    const cache = { ttlMs: 60_000 };
    const first = await ask({}, { cache });
    const second = await ask({}, { cache });
    expect(second.content).toEqual(first.content);
    expect(second.providerMetadata?.['nexus']).toMatchObject({ cached: true, costNanos: 0 });
    expect(second.usage.inputTokens.total).toBe(0);
    expect([server.asked(), calls.length]).toEqual([1, 1]);
  });

  it('is asked only by those who want it, with the same words, of the same tenant, in time', async () => {
    const server = await serve(hello);
    let now = Date.now();
    const catalogue = catalogueOf(wire, [[deploymentOf(wire, 'only'), server.url]]);
    const { ask } = routedWith(catalogue, { now: () => now });
    const cache = { ttlMs: 1_000 };
    const others = [
      () => ask({}, { cache }),
      () => ask(),
      () => ask({ temperature: 1 }, { cache }),
      () => ask({}, { cache, tenant: 'other' }),
      async () => {
        now += 1_001;
        await ask({}, { cache });
      },
    ];
    for (const other of others) await other();
    expect(server.asked()).toBe(others.length);
  });
});
